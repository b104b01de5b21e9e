//! The document, read as its readers read it: operations, and schemas that a validator can be made of.

use jsonschema::Validator;
use pm_server::rest;
use serde_json::{Map, Value, json};

/// The OpenAPI document.
pub struct Document(pub Value);

/// One method of one path.
pub struct Operation<'a> {
    pub method: String,
    pub path: &'a str,
    pub declared: &'a Value,
}

impl Document {
    pub fn read() -> Self {
        Self(rest::openapi())
    }

    pub fn operations(&self) -> Vec<Operation<'_>> {
        let paths = self.0["paths"].as_object().unwrap();
        let all = paths.iter().flat_map(|(path, item)| {
            item.as_object().unwrap().iter().map(move |(method, declared)| Operation {
                method: method.to_uppercase(),
                path,
                declared,
            })
        });
        all.collect()
    }

    /// A validator of `schema` that takes no property the schema does not name.
    pub fn validator(&self, schema: &Value) -> Validator {
        compiled(&self.closed(schema))
    }

    /// `schema` with what it refers to in place, and every object that names properties closed to others.
    pub fn closed(&self, schema: &Value) -> Value {
        self.resolved(schema, false)
    }

    /// A part of an `allOf` is not closed: only the whole knows all properties.
    fn resolved(&self, schema: &Value, part: bool) -> Value {
        let Value::Object(fields) = schema else { return schema.clone() };
        if let Some(name) = fields.get("$ref") {
            let name = name.as_str().unwrap();
            let target = self.0.pointer(name.trim_start_matches('#')).unwrap_or_else(|| panic!("{name}"));
            return self.resolved(target, part);
        }
        let list = |list: &Value, part| {
            list.as_array().unwrap().iter().map(|one| self.resolved(one, part)).collect::<Vec<_>>()
        };
        let mut resolved = Map::new();
        for (name, value) in fields {
            let value = match name.as_str() {
                "properties" => value
                    .as_object()
                    .unwrap()
                    .iter()
                    .map(|(name, value)| (name.clone(), self.resolved(value, false)))
                    .collect(),
                "allOf" => Value::from(list(value, true)),
                "oneOf" | "anyOf" => Value::from(list(value, part)),
                "items" => self.resolved(value, false),
                _ => value.clone(),
            };
            resolved.insert(name.clone(), value);
        }
        if !part && fields.contains_key("allOf") {
            resolved.insert("unevaluatedProperties".to_owned(), json!(false));
        } else if !part && fields.contains_key("properties") {
            resolved.insert("additionalProperties".to_owned(), json!(false));
        }
        Value::Object(resolved)
    }
}

pub fn compiled(schema: &Value) -> Validator {
    let options = jsonschema::options().with_draft(jsonschema::Draft::Draft202012);
    options.should_validate_formats(true).build(schema).unwrap_or_else(|error| panic!("{error}: {schema}"))
}

/// The properties that an object schema names, those of its parts included.
pub fn properties(schema: &Value) -> Map<String, Value> {
    let own = schema["properties"].as_object().cloned().unwrap_or_default();
    let parts = schema["allOf"].as_array().into_iter().flatten();
    parts.flat_map(properties).chain(own).collect()
}

/// The properties that an object schema requires, those of its parts included.
pub fn required(schema: &Value) -> Vec<String> {
    let own = schema["required"].as_array().into_iter().flatten();
    let own = own.map(|name| name.as_str().unwrap().to_owned());
    schema["allOf"].as_array().into_iter().flatten().flat_map(required).chain(own).collect()
}

impl Operation<'_> {
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The schema of the JSON body that it takes, if it takes one.
    pub fn body_schema(&self) -> Option<&Value> {
        self.declared.pointer("/requestBody/content/application~1json/schema")
    }

    pub fn response(&self, status: u16) -> Option<&Value> {
        self.declared["responses"].get(status.to_string())
    }

    /// The parameters that stand in `place`: path, query or header.
    pub fn parameters(&self, place: &str) -> Vec<&Value> {
        let all = self.declared["parameters"].as_array().into_iter().flatten();
        all.filter(|parameter| parameter["in"] == place).collect()
    }

    /// The codes of the problems that it may answer under `status`.
    pub fn problems(&self, status: u16) -> Vec<&str> {
        let examples =
            self.response(status).and_then(|it| it.pointer("/content/application~1problem+json/examples"));
        examples.and_then(Value::as_object).into_iter().flat_map(Map::keys).map(String::as_str).collect()
    }
}
