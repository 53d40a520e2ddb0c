"""A small true Slack on the loopback: its web API, its Socket Mode line, and its habit of delivering again.

It runs an aiohttp server on a thread of its own and records every call and acknowledgement. The block rules are those
that Slack documents, plus the total of about 13,200 characters that it does not (github.com/slackapi/bolt-js#2509), nor
the 20,480 bytes of a frame, beyond which it closes the line with code 1009 (github.com/revelrylabs/slax/pull/614; the
same from a person's side: github.com/slackapi/deno-slack-sdk/issues/324).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import threading
import time
import uuid
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from aiohttp import WSMsgType, web

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

BOT_TOKEN, APP_TOKEN, TEAM, BOT_USER = "xoxb-loopback", "xapp-loopback", "T1", "UBOT"
DROPPED = object()
TOTAL_CHARACTERS = 13_200
FRAME_BYTES = 20_480
VIEW_BYTES = 250_000
PATIENCE_SECONDS = 10.0
PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")  # the SDK would use them even for the loopback
LIVE_PING = b"Ping from applink"


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the web API: its method and its arguments."""

    method: str
    arguments: dict[str, Any]


@dataclass(slots=True)
class Envelope:
    """One delivery over Socket Mode: whether the app acknowledged it, with what, and whether it is done with it."""

    id: str
    acknowledged: bool = False
    payload: dict[str, Any] | None = None
    done: threading.Event = field(default_factory=threading.Event)


class Modal:
    """A modal as a person has it open, with the boxes to type in.

    A box keeps what stands in it as long as its block_id does, whatever `initial_value` a later view gives it
    (github.com/slackapi/bolt-python/issues/1064).
    """

    def __init__(self, view: dict[str, Any]) -> None:
        self.id, self._held = f"V{uuid.uuid4().hex[:10]}", dict[str, str]()
        self.errors: dict[str, str] = {}
        self.show(view)

    def show(self, view: dict[str, Any]) -> None:
        """Puts another view in the place of the one that is shown."""
        self.view, self.hash, self.errors = view, uuid.uuid4().hex, {}
        boxes = {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}
        self._held = {name: self._held.get(name, box.get("initial_value", "")) for name, box in boxes.items()}

    def write(self, *drafts: str) -> None:
        """Replaces what stands in the first boxes."""
        self._held |= dict(zip(self._held, drafts, strict=False))

    @property
    def boxes(self) -> list[str]:
        """The block_ids of its boxes."""
        return list(self._held)

    @property
    def written(self) -> list[str]:
        """What stands in each box."""
        return list(self._held.values())

    @property
    def buttons(self) -> list[str]:
        """The action_ids of its buttons."""
        return [part["action_id"] for part in _parts(self.view["blocks"]) if part.get("type") == "button"]

    def as_sent(self) -> dict[str, Any]:
        """The modal as Slack hands it to the app: an empty box has the value None."""
        typed = {name: {"type": "plain_text_input", "value": text or None} for name, text in self._held.items()}
        values = {name: {"draft": value} for name, value in typed.items()}
        return self.view | {"id": self.id, "hash": self.hash, "state": {"values": values}}


class LoopbackSlack:
    """Slack for one workspace and one app, as a context manager.

    Slack waits three seconds for an acknowledgement. Here a test can have the app say when it is done with an envelope
    (`{"done": envelope id}` down the line), so that nobody waits for what will not come.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.refused: list[str] = []
        self.modals: list[Modal] = []
        self._planned: dict[str, deque[Any]] = defaultdict(deque)
        self._envelopes: dict[str, Envelope] = {}
        self._lines: list[web.WebSocketResponse] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="loopback-slack")

    def __enter__(self) -> Self:
        self._proxies = {name: os.environ.pop(name) for name in PROXIES if name in os.environ}
        self._thread.start()
        self._run(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        os.environ.update(self._proxies)

    # What a test does as Slack ------------------------------------------------------------------------------------

    @property
    def api_url(self) -> str:
        """The base URL for a WebClient."""
        return f"http://127.0.0.1:{self._port}/api/"

    def event(self, event: dict[str, Any], event_id: str = "", team: str = TEAM) -> dict[str, Any]:
        """The body of an Events API delivery."""
        return {
            "type": "event_callback",
            "team_id": team,
            "event": event,
            "event_id": event_id or f"Ev{uuid.uuid4().hex[:10]}",
            "authorizations": [{"team_id": team, "user_id": BOT_USER, "is_bot": True}],
        }

    def send(self, body: dict[str, Any], kind: str = "events_api", attempt: int = 0) -> Envelope:
        """Sends an envelope down one line, without waiting for its acknowledgement."""
        envelope = Envelope(str(uuid.uuid4()))
        self._envelopes[envelope.id] = envelope
        text = {"envelope_id": envelope.id, "type": kind, "payload": body, "retry_attempt": attempt}
        self._run(self._newest_line().send_json(text | ({"retry_reason": "timeout"} if attempt else {})))
        return envelope

    def deliver(self, body: dict[str, Any], attempts: int = 4) -> int:
        """Delivers an event as Slack does: again, up to three times, until acknowledged. The attempts it took, or 0."""
        for attempt in range(attempts):
            envelope = self.send(body, attempt=attempt)
            if envelope.done.wait(PATIENCE_SECONDS) and envelope.acknowledged:
                return attempt + 1
        return 0

    def interact(self, body: dict[str, Any], kind: str = "interactive") -> dict[str, Any] | None:
        """Sends a command or a click, once; what the app acknowledged it with. Raises TimeoutError without an ack."""
        envelope = self.send(body, kind)
        envelope.done.wait(PATIENCE_SECONDS)
        if not envelope.acknowledged:
            raise TimeoutError("no acknowledgement")
        return envelope.payload

    def press(self, modal: Modal, action_id: str) -> None:
        """Presses a button of a modal. Raises TimeoutError without an acknowledgement."""
        self.interact(_acted("block_actions") | {"view": modal.as_sent(), "actions": [_button(action_id)]})

    def submit(self, modal: Modal) -> dict[str, Any] | None:
        """Sends a modal in, and shows in it what the app says; what the app acknowledged with."""
        said = self.interact(_acted("view_submission") | {"view": modal.as_sent()})
        if said and said["response_action"] == "update":
            modal.show(said["view"])
        elif said:
            modal.errors = said["errors"]
        return said

    def plan(self, method: str, status: int, body: dict[str, Any], **headers: str) -> None:
        """Has the next call of a method answered with this status and body; the call has then not taken effect."""
        self._planned[method].append((status, body, headers))

    def drop_after_receipt(self, method: str) -> None:
        """Has the line break on the next call of a method, once Slack has received and obeyed it."""
        self._planned[method].append(DROPPED)

    def refresh(self) -> None:
        """Asks the app to reconnect, as Slack does every few hours."""
        self._run(self._newest_line().send_json({"type": "disconnect", "reason": "refresh_requested"}))

    def cut(self) -> None:
        """Closes every line."""
        self._run(self._close_lines())

    def called(self, method: str) -> list[dict[str, Any]]:
        """The arguments of every call of a method that took effect, oldest first."""
        return [call.arguments for call in self.calls if call.method == method]

    def wait_for(self, what: Callable[[], object], seconds: float = 10.0) -> bool:
        """Whether something came true in time."""
        end = time.monotonic() + seconds
        while not (true := bool(what())) and time.monotonic() < end:
            time.sleep(0.005)
        return true

    @property
    def lines(self) -> int:
        """How many Socket Mode lines are open."""
        return sum(not line.closed for line in self._lines)

    # The server -----------------------------------------------------------------------------------------------------

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _start(self) -> None:
        server = web.Application(client_max_size=2**22)
        server.add_routes([web.post("/api/{method}", self._api), web.get("/link", self._link)])
        self._runner = web.AppRunner(server, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._port = self._runner.addresses[0][1]
        self._pulse = asyncio.create_task(self._ping_lines())

    async def _stop(self) -> None:
        self._pulse.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._pulse
        await self._close_lines()
        await self._runner.cleanup()

    async def _close_lines(self) -> None:
        for line in self._lines:
            await line.close()

    async def _ping_lines(self) -> None:
        while True:
            for line in [line for line in self._lines if not line.closed]:
                with contextlib.suppress(ConnectionError):
                    await line.ping(LIVE_PING)
            await asyncio.sleep(0.05)

    def _newest_line(self) -> web.WebSocketResponse:
        return [line for line in self._lines if not line.closed][-1]

    async def _link(self, request: web.Request) -> web.WebSocketResponse:
        line = web.WebSocketResponse(max_msg_size=FRAME_BYTES)
        await line.prepare(request)
        self._lines.append(line)
        await line.send_json({"type": "hello", "num_connections": self.lines})
        async for message in line:
            if message.type == WSMsgType.TEXT:
                self._acknowledge(json.loads(message.data))
        return line

    def _acknowledge(self, reply: dict[str, Any]) -> None:
        if "done" in reply:
            self._envelopes[reply["done"]].done.set()
            return
        envelope = self._envelopes[reply["envelope_id"]]
        envelope.payload = reply.get("payload")
        payload = envelope.payload or {}
        view = payload.get("view")
        if fault := view_fault(view) if view else blocks_fault(payload.get("blocks", []), 50):
            self.refused.append(fault)
        envelope.acknowledged = True
        envelope.done.set()

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method, token = request.match_info["method"], request.headers.get("Authorization", "").removeprefix("Bearer ")
        arguments = json.loads(await request.text() or "{}")
        planned = self._planned[method].popleft() if self._planned[method] else None
        if isinstance(planned, tuple):
            status, body, headers = planned
            return web.json_response(body, status=status, headers={k.replace("_", "-"): v for k, v in headers.items()})
        answer = self._obey(method, arguments, token)
        if planned is DROPPED and request.transport:
            request.transport.abort()
        return web.json_response(answer)

    def _obey(self, method: str, arguments: dict[str, Any], token: str) -> dict[str, Any]:
        if token != (APP_TOKEN if method == "apps.connections.open" else BOT_TOKEN):
            return {"ok": False, "error": "invalid_auth"}
        view = arguments.get("view")
        if fault := view_fault(view) if view else blocks_fault(arguments.get("blocks", []), 50):
            self.refused.append(fault)
            return {"ok": False, "error": fault.split(":")[0]}
        if method == "views.update" and not self._updated(arguments):
            return {"ok": False, "error": "hash_conflict"}
        self.calls.append(Call(method, arguments))
        if method == "views.open":
            self.modals.append(Modal(arguments["view"]))
        answers = {
            "apps.connections.open": {"url": f"ws://127.0.0.1:{self._port}/link?ticket={uuid.uuid4().hex}"},
            "auth.test": {"team_id": TEAM, "user_id": BOT_USER, "bot_id": "B1", "url": "https://loopback.example/"},
        }
        return {"ok": True, "ts": f"{len(self.calls)}.0", **answers.get(method, {})}

    def _updated(self, arguments: dict[str, Any]) -> bool:
        """Whether an update took effect: a modal that is open here may have changed since its hash was read."""
        modal = next((modal for modal in self.modals if modal.id == arguments["view_id"]), None)
        current = modal is None or modal.hash == arguments["hash"]
        if modal and current:
            modal.show(arguments["view"])
        return current


def view_fault(view: dict[str, Any]) -> str | None:
    """What Slack would refuse in this modal, or None."""
    named = [block["block_id"] for block in view["blocks"] if "block_id" in block]
    labels = [view[part]["text"] for part in ("title", "submit", "close") if part in view]
    if len(set(named)) < len(named):
        return "invalid_arguments: a block_id stands twice"
    if any(not 0 < len(label) <= 24 for label in labels):
        return "invalid_arguments: a label"
    if len(view.get("private_metadata", "")) > 3000:
        return "invalid_arguments: private_metadata"
    if len(json.dumps(view)) > VIEW_BYTES:
        return "view_too_large"
    if "submit" not in view and any(block["type"] == "input" for block in view["blocks"]):
        return "invalid_arguments: an input without submit"
    return blocks_fault(view["blocks"], 100)


def blocks_fault(blocks: list[dict[str, Any]], most: int) -> str | None:
    """What Slack would refuse in these blocks, or None."""
    if len(blocks) > most:
        return f"invalid_blocks: {len(blocks)} blocks"
    if most == 50 and len(json.dumps(blocks)) > TOTAL_CHARACTERS:
        return "msg_blocks_too_long"
    return next((f"invalid_blocks: {part}" for part in _parts(blocks) if not _sound(part)), None)


def _acted(kind: str) -> dict[str, Any]:
    return {"type": kind, "team": {"id": TEAM}, "user": {"id": "U1", "team_id": TEAM}, "trigger_id": "1.2"}


def _button(action_id: str) -> dict[str, Any]:
    return {"type": "button", "action_id": action_id, "block_id": "b", "value": ""}


def texts(blocks: list[dict[str, Any]], kind: str) -> list[str]:
    """The texts of all elements inside the elements of one type, in order."""
    inside = [part for part in _parts(blocks) if part.get("type") == kind]
    return [part["text"] for element in inside for part in _parts(element) if isinstance(part.get("text"), str)]


def _parts(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
    for branch in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from _parts(branch)


def _sound(part: dict[str, Any]) -> bool:
    text, most = part.get("text"), {"button": 75}.get(part.get("type", ""), 3000)
    words = text.get("text") if isinstance(text, dict) else text
    if part.get("type") == "mrkdwn" or len(part.get("value", "")) > 2000 or len(part.get("action_id", "")) > 255:
        return False
    longest = min(3000, part.get("max_length", 3000))
    if len(part.get("initial_value", "-")) not in range(1, longest + 1) or part.get("max_length", 1) > 3000:
        return False
    return words is None or 0 < len(words) <= most
