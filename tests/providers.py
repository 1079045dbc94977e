"""A server on this machine that answers for a model, in the wire formats of four providers.

It answers every request with the next of its answers (the last one again and again), or with what a function makes
of the request, and keeps what it was asked.
Formats: Anthropic Messages, OpenAI Chat Completions and Responses, Gemini generateContent; whole and streamed.
"""

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Answer:
    """What the server says: a text, a call of a tool, or an HTTP status that is an error.

    It comes `delay` seconds later, with `drip` byte by byte. `tool` is the name and the input of a call.
    """

    text: str = ""
    tool: tuple[str, Mapping[str, Any]] | None = None
    status: int = 200
    delay: float = 0
    drip: bool = False
    stop: str = ""


@dataclass
class Provider:
    """The running server: its URL, and the requests so far as (path, headers, body)."""

    url: str
    answers: Callable[[Mapping[str, Any]], Answer] | Sequence[Answer]
    requests: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """The bodies of the requests for an answer."""
        return [body for _, _, body in self.requests]

    def answer(self, body: Mapping[str, Any]) -> Answer:
        """What is said to the request that came last."""
        if callable(self.answers):
            return self.answers(body)
        return self.answers[min(len(self.requests), len(self.answers)) - 1]


@contextmanager
def provider(*answers: Answer | str, by: Callable[[Mapping[str, Any]], Answer] | None = None) -> Iterator[Provider]:
    """Serve on a free port of the loopback interface until the block is left; `by` answers by the request's body."""
    said = by or [Answer(one) if isinstance(one, str) else one for one in answers]
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    found = Provider(f"http://127.0.0.1:{server.server_address[1]}", said)
    server.provider = found  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self._send(b"{}")

    def do_GET(self) -> None:
        self._send(json.dumps({"object": "list", "data": []}).encode())

    def do_POST(self) -> None:
        body = json.loads(self._body() or b"{}")
        provider: Provider = self.server.provider  # type: ignore[attr-defined]
        provider.requests.append((self.path, dict(self.headers), body))
        answer = provider.answer(body)
        time.sleep(answer.delay)
        if answer.status != 200:
            error = {"type": "error", "error": {"type": "api_error", "message": f"stub error {answer.status}"}}
            self._send(json.dumps(error).encode(), status=answer.status)
            return
        path = self.path.split("?")[0]
        for ending, format in _FORMATS.items():
            if path.endswith(ending):
                whole, events = format(answer, body)
                streamed = body.get("stream") or "stream" in path
                self._send(*(_stream(events) if streamed else (json.dumps(whole).encode(),)), drip=answer.drip)
                return
        self._send(b'{"error": {"message": "no such route"}}', status=404)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        data = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            data += self.rfile.read(size)
            self.rfile.readline()
        return data

    def _send(self, data: bytes, kind: str = "application/json", *, status: int = 200, drip: bool = False) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if self.command == "HEAD":
                return
            for piece in (data[at : at + 1] for at in range(len(data))) if drip else (data,):
                self.wfile.write(piece)
                self.wfile.flush()
                time.sleep(0.2 if drip else 0)
        except OSError:
            self.close_connection = True  # the caller has gone


def _stream(events: Sequence[dict[str, Any]]) -> tuple[bytes, str]:
    lines = (f"event: {event.get('type', 'message')}\ndata: {json.dumps(event)}\n\n" for event in events)
    if any("type" not in event for event in events):
        lines = (f"data: {json.dumps(event)}\n\n" for event in events)
    return "".join([*lines, "data: [DONE]\n\n" if any("choices" in one for one in events) else ""]).encode(), (
        "text/event-stream"
    )


Formatted = tuple[dict[str, Any], list[dict[str, Any]]]


def _call_id(prefix: str) -> str:
    """An id that no other call has."""
    return prefix + secrets.token_hex(8)


def _anthropic(answer: Answer, body: dict[str, Any]) -> Formatted:
    usage = {"input_tokens": 11, "output_tokens": 7}
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": body["model"], "usage": usage}
    stop = {"stop_reason": answer.stop or ("tool_use" if answer.tool else "end_turn"), "stop_sequence": None}
    block: dict[str, Any] = {"type": "text", "text": answer.text}
    empty, delta = block | {"text": ""}, {"type": "text_delta", "text": answer.text}
    if answer.tool:
        name, input = answer.tool
        block = {"type": "tool_use", "id": _call_id("toolu_"), "name": name, "input": input}
        empty, delta = block | {"input": {}}, {"type": "input_json_delta", "partial_json": json.dumps(input)}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": head | {"content": [], "stop_reason": None, "stop_sequence": None}},
        {"type": "content_block_start", "index": 0, "content_block": empty},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": stop, "usage": {"output_tokens": 7}},
        {"type": "message_stop"},
    ]
    return head | stop | {"content": [block]}, events


def _chat(answer: Answer, body: dict[str, Any]) -> Formatted:
    head = {"id": "chatcmpl-1", "created": 0, "model": body["model"]}
    said: dict[str, Any] = {"role": "assistant", "content": answer.text}
    stop = answer.stop or ("tool_calls" if answer.tool else "stop")
    if answer.tool:
        name, input = answer.tool
        function = {"name": name, "arguments": json.dumps(input)}
        call = {"index": 0, "id": _call_id("call_"), "type": "function", "function": function}
        said = {"role": "assistant", "content": None, "tool_calls": [call]}
    chunk = head | {"object": "chat.completion.chunk"}
    events: list[dict[str, Any]] = [
        chunk | {"choices": [{"index": 0, "delta": said, "finish_reason": None}]},
        chunk | {"choices": [{"index": 0, "delta": {}, "finish_reason": stop}]},
    ]
    choice = {"index": 0, "message": said, "finish_reason": stop}
    return head | {"object": "chat.completion", "choices": [choice]}, events


def _responses(answer: Answer, body: dict[str, Any]) -> Formatted:
    part = {"type": "output_text", "text": answer.text, "annotations": []}
    item: dict[str, Any] = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed"}
    item["content"] = [part]
    if answer.tool:
        name, input = answer.tool
        call = {"call_id": _call_id("call_"), "name": name, "arguments": json.dumps(input)}
        item = {"type": "function_call", "id": _call_id("fc_"), "status": "completed"} | call
    usage = {"input_tokens": 11, "output_tokens": 7, "total_tokens": 18}
    head = {"id": "resp_1", "object": "response", "created_at": 0, "model": body["model"]}
    full = head | {"status": "completed", "output": [item], "usage": usage}
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": head | {"status": "in_progress", "output": []}},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": full},
    ]
    return full, events


def _gemini(answer: Answer, body: dict[str, Any]) -> Formatted:
    part: dict[str, Any] = {"text": answer.text}
    if answer.tool:
        part = {"functionCall": {"name": answer.tool[0], "args": answer.tool[1], "id": _call_id("fc_")}}
    content = {"role": "model", "parts": [part]}
    usage = {"promptTokenCount": 11, "candidatesTokenCount": 7, "totalTokenCount": 18}
    found = {"candidates": [{"content": content, "finishReason": "STOP", "index": 0}], "usageMetadata": usage}
    return found, [found]


_FORMATS = {
    "/v1/messages": _anthropic,
    "/chat/completions": _chat,
    "/responses": _responses,
    ":generateContent": _gemini,
    ":streamGenerateContent": _gemini,
}
