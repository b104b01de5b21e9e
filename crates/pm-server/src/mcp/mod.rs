//! The door for coding agents: the Model Context Protocol, over standard input and output and over HTTP.
//!
//! * [`Agents`]: the server of the protocol, one for all who ask.
//! * [`http`]: it as a service that stands at `/mcp`.
//! * [`stdio`]: it on this process's standard input and output.
//!
//! The protocol itself is the crate rmcp's; what is here says which tools, resources and prompts there are, and calls the
//! same operations as every other transport.

mod answer;
mod arguments;
mod asked;
mod fault;
pub mod http;
mod prompts;
mod resources;
mod shown;
pub mod stdio;
mod tools;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CustomRequest, CustomResult, ErrorCode, GetPromptRequestParams,
    GetPromptResponse, Implementation, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
    ListToolsResult, PaginatedRequestParams, ReadResourceRequestParams, ReadResourceResponse,
    ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::{RequestContext, RoleServer};
use rmcp::{ErrorData, ServerHandler};

use asked::Asked;
use pm_core::operations::Operations;
use pm_core::policy::Actor;

/// What an agent is told before its first call.
const INSTRUCTIONS: &str = "\
Long-term memory of software projects. Before you act on a question or an error, call `context` with it. After you have \
solved something, `remember` the error (type error) and its solution (type solution, `solves`: the error's key). \
`project` is a name or id and may be left out where the client is set up for one.";

/// The methods that are here, and what their parameters must be.
const METHODS: [(&str, &str); 8] = [
    ("initialize", "an object with protocolVersion, capabilities and clientInfo {name, version}"),
    ("tools/call", "an object with name, a string, and arguments, an object"),
    ("tools/list", "an object, with cursor at most"),
    ("resources/read", "an object with uri, a string"),
    ("resources/list", "an object, with cursor at most"),
    ("resources/templates/list", "an object, with cursor at most"),
    ("prompts/get", "an object with name, a string, and arguments, an object"),
    ("prompts/list", "an object, with cursor at most"),
];

/// The server of the protocol.
#[derive(Clone, Debug)]
pub struct Agents {
    operations: Operations,
    /// Who asks, where requests do not say: over standard input it is whoever started the process.
    local: Option<Actor>,
    /// The project that is meant where a call names none.
    project: Option<String>,
}

impl Agents {
    /// For requests that each say who asks.
    pub fn remote(operations: Operations) -> Self {
        Self { operations, local: None, project: None }
    }

    /// For whoever sits at the machine; `project` is meant where a call names none.
    pub fn local(operations: Operations, project: Option<String>) -> Self {
        Self { operations, local: Some(Actor::shell()), project }
    }
}

impl ServerHandler for Agents {
    fn get_info(&self) -> ServerConfig {
        let capabilities =
            ServerCapabilities::builder().enable_tools().enable_resources().enable_prompts().build();
        let implementation = Implementation::new("ai-pm", env!("CARGO_PKG_VERSION"));
        ServerConfig::new(capabilities).with_server_info(implementation).with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(tools::all()))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        tools::all().into_iter().find(|tool| tool.name == name)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let asked = Asked::of(self, &context)?;
        let arguments = request.arguments.unwrap_or_default();
        let answered = tools::call(&request.name, &asked, arguments).await?;
        Ok(answered.map_or_else(fault::Fault::into_result, answer::Answer::into_result).into())
    }

    /// What rmcp takes for a method that it does not know may be one whose parameters it could not read.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        let needed = METHODS.iter().find(|(method, _)| *method == request.method).map(|(_, needed)| needed);
        let method = request.method;
        Err(match needed {
            Some(needed) => {
                ErrorData::invalid_params(format!("the params of {method} must be {needed}"), None)
            }
            None => {
                ErrorData::new(ErrorCode::METHOD_NOT_FOUND, format!("there is no method {method:?}"), None)
            }
        })
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let asked = Asked::of(self, &context)?;
        Ok(resources::list(&asked, request.and_then(|request| request.cursor)).await?)
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(ListResourceTemplatesResult::with_all_items(vec![resources::template()]))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let asked = Asked::of(self, &context)?;
        Ok(resources::read(&asked, &request.uri).await?.into())
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(ListPromptsResult::with_all_items(vec![prompts::briefing()]))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let asked = Asked::of(self, &context)?;
        Ok(prompts::get(&asked, &request.name, request.arguments.unwrap_or_default()).await?.into())
    }
}
