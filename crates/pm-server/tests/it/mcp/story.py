"""A whole story, told by the official Python SDK of the Model Context Protocol.

    story.py stdio PROGRAM [ARGUMENT ...]
    story.py http URL KEY BOUND_KEY OTHER_PROJECT     (the bound key may not see that project)

What it does and gets is printed; docs/mcp.md has it.
"""

import asyncio
import os
import sys
from contextlib import AsyncExitStack, asynccontextmanager

import mcp
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client

PROJECT = "webshop"
ERROR = "ConnectionResetError: [Errno 104] Connection reset by peer while charging card"


def say(text):
    print(text, flush=True)


async def call(session, name, **arguments):
    """Calls a tool, and prints what an agent reads."""
    shown = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
    say(f">>> {name}({shown})")
    result = await session.call_tool(name, arguments)
    text = "".join(block.text for block in result.content)
    say("".join(f"    {line}\n" for line in text.rstrip().splitlines()).rstrip())
    return result


def structured(result):
    return getattr(result, "structured_content", None) or result.structuredContent


def failed(result):
    return getattr(result, "is_error", None) or getattr(result, "isError", False)


async def story(session):
    """Create a project, remember an error and its solution, recall it by other words, get it from the error text, forget it."""
    tools = (await session.list_tools()).tools
    say("tools: " + ", ".join(tool.name for tool in tools))
    assert len(tools) == 6, tools

    made = structured(await call(session, "projects", create=PROJECT, description="Where the demo sells things"))
    assert made["project"]["name"] == PROJECT, made
    again = structured(await call(session, "projects", create=PROJECT))
    assert again["created"] is False and again["project"]["id"] == made["project"]["id"], again

    await call(
        session, "remember", project=PROJECT, type="error", key="payment-reset",
        value=f"{ERROR}. Seen at checkout when the payment provider closes idle connections.",
    )
    await call(
        session, "remember", project=PROJECT, type="solution", key="payment-reset-fix", solves="payment-reset",
        value="Set the HTTP client's keep-alive below the provider's 60 s idle timeout and retry once.",
    )

    by_words = structured(await call(session, "recall", project=PROJECT, query="customers cannot pay, the card is not charged"))
    keys = [item["key"] for item in by_words["items"]]
    assert "payment-reset" in keys and "payment-reset-fix" in keys, keys

    by_error = structured(await call(session, "context", project=PROJECT, query=ERROR))
    keys = [item["key"] for item in by_error["items"]]
    assert keys[:2] == ["payment-reset", "payment-reset-fix"], keys
    assert 0 <= by_error["confidence"] <= 1, by_error

    uri = by_error["items"][1]["uri"]
    read = await session.read_resource(uri)
    say(f">>> resource {uri.rsplit('/memory/')[1]}\n    {read.contents[0].text}")
    assert "keep-alive" in read.contents[0].text
    prompt = await session.get_prompt("project-briefing", {"project": PROJECT, "topic": "payments"})
    assert "payment-reset" in prompt.messages[0].content.text

    for key in ["payment-reset", "payment-reset-fix"]:
        assert not failed(await call(session, "forget", project=PROJECT, key=key))
    gone = await call(session, "forget", project=PROJECT, key="payment-reset")
    assert failed(gone) and structured(gone)["error"]["code"] == "memory_not_found", gone
    empty = structured(await call(session, "recall", project=PROJECT, query="payment"))
    assert empty["items"] == [], empty


@asynccontextmanager
async def over_http(url, headers):
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(create_mcp_http_client(headers=headers))
        streams = await stack.enter_async_context(streamable_http_client(url, http_client=client))
        session = await stack.enter_async_context(mcp.ClientSession(streams[0], streams[1]))
        await session.initialize()
        yield session


async def refused(url, headers, what):
    """A client with these headers does not come to a session."""
    try:
        async with over_http(url, headers):
            pass
    except BaseException as error:  # An exception group, by version of the SDK.
        causes = [error]
        while causes and isinstance(causes[0], BaseExceptionGroup):
            causes = list(causes[0].exceptions) + causes[1:]
        say(f"refused {what}: {type(causes[0]).__name__}: {causes[0]}")
        return
    raise AssertionError(f"not refused {what}")


async def stdio(program, arguments):
    parameters = StdioServerParameters(command=program, args=arguments, env=dict(os.environ))
    async with stdio_client(parameters) as (read, write), mcp.ClientSession(read, write) as session:
        server = await session.initialize()
        info = getattr(server, "server_info", None) or server.serverInfo
        say(f"initialized: {info.name} {info.version}")
        await story(session)


async def http(url, key, bound, other):
    good = {"Authorization": f"Bearer {key}"}
    async with over_http(url, good) as session:
        await story(session)
    say("--- with a key for that project alone")
    async with over_http(url, {"Authorization": f"Bearer {bound}"}) as session:
        hidden = await call(session, "recall", project=other, query="anything")
        assert failed(hidden) and structured(hidden)["error"]["code"] == "project_not_found", hidden
    await refused(url, {}, "without a key")
    await refused(url, {"Authorization": f"Bearer {key[:-1]}x"}, "with a wrong key")
    await refused(url, {**good, "Origin": "https://evil.example"}, "with a wrong origin")


if __name__ == "__main__":
    kind, *rest = sys.argv[1:]
    asyncio.run(stdio(rest[0], rest[1:]) if kind == "stdio" else http(*rest))
    say("the story is told")
