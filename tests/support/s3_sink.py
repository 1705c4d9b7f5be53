"""A store that takes what clients of S3 put into it: single puts, and uploads in parts."""

import io
from collections import defaultdict
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, BinaryIO
from urllib.parse import parse_qs, unquote, urlsplit

UPLOAD = (
    "<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>{key}</Key>"
    "<UploadId>{key}</UploadId></InitiateMultipartUploadResult>"
)
DONE = '<CompleteMultipartUploadResult><Key>{key}</Key><ETag>"1"</ETag></CompleteMultipartUploadResult>'


class S3Sink:
    """`objects` by key and bucket, as `bucket/key`; `parts`: of how many the last upload in parts was made.

    Signatures are not checked, but who signs: `key` alone may. `busy`: that many requests are put off first."""

    def __init__(self, key: str = "somebody") -> None:
        self.objects: dict[str, bytes] = {}
        self.key = key
        self.busy = 0
        self.parts = 0
        self._parts: dict[str, dict[int, bytes]] = defaultdict(dict)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(self))
        self._thread = Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> "S3Sink":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def address(self, path: str) -> str:
        port = self._server.server_address[1]
        return f"s3://{path}?endpoint_override=127.0.0.1:{port}&scheme=http&region=eu-north-1"

    def put(self, key: str, query: dict[str, list[str]], body: bytes) -> str:
        if "partNumber" in query:
            self._parts[key][int(query["partNumber"][0])] = body
        elif not key.endswith("/"):
            self.objects[key] = body
        return ""

    def refusal(self, authorization: str) -> tuple[int, str] | None:
        """The status and the word for a request that is not taken."""
        if f"Credential={self.key}/" not in authorization:
            return 403, "InvalidAccessKeyId"
        if self.busy:
            self.busy -= 1
            return 503, "SlowDown"
        return None

    def post(self, key: str, query: dict[str, list[str]]) -> str:
        if "uploads" in query:
            return UPLOAD.format(key=key)
        parts = sorted(self._parts.pop(key).items())
        self.parts = len(parts)
        self.objects[key] = b"".join(part for _, part in parts)
        return DONE.format(key=key)


def handler_of(sink: S3Sink) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self) -> None:
            body = self.body()
            if not self.refused():
                self.answer(200, sink.put(self.key, self.query, body))

        def do_POST(self) -> None:
            self.body()
            if not self.refused():
                self.answer(200, sink.post(self.key, self.query))

        def refused(self) -> bool:
            refusal = sink.refusal(self.headers.get("Authorization", ""))
            if refusal is not None:
                self.answer(refusal[0], f"<Error><Code>{refusal[1]}</Code><Message>no</Message></Error>")
            return refusal is not None

        def do_HEAD(self) -> None:
            self.answer(200 if self.key.count("/") == 0 else 404, "")

        def do_GET(self) -> None:
            self.answer(200, "<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>")

        @property
        def key(self) -> str:
            return unquote(urlsplit(self.path).path).strip("/")

        @property
        def query(self) -> dict[str, list[str]]:
            return parse_qs(urlsplit(self.path).query, keep_blank_values=True)

        def body(self) -> bytes:
            chunked = "chunked" in self.headers.get("Transfer-Encoding", "")
            length = int(self.headers.get("Content-Length", 0))
            raw = b"".join(chunks(self.rfile)) if chunked else self.rfile.read(length)
            return unframed(raw) if "aws-chunked" in self.headers.get("Content-Encoding", "") else raw

        def answer(self, status: int, text: str) -> None:
            self.send_response(status)
            self.send_header("ETag", '"1"')
            self.send_header("Content-Type", "application/xml")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *words: Any) -> None:
            pass

    return Handler


def unframed(raw: bytes) -> bytes:
    """What S3's own framing holds, which clients put around content that they sign as they go."""
    return b"".join(chunks(io.BytesIO(raw)))


def chunks(source: BinaryIO) -> Iterator[bytes]:
    """Pieces that are each told with their length, and perhaps something behind a semicolon; what comes after the
    last is left out."""
    while length := int(source.readline().partition(b";")[0], 16):
        yield source.read(length)
        source.readline()
    while source.readline().strip():
        pass
