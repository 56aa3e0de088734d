"""A site's CloudFront distribution: has it forget paths, and tells whether it has.

By `SignedHttp`: boto3 would do the same, but its import takes longer than all the rest of a deploy
of one page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree as ET

from deploy.errors import ToolError
from deploy.refusal import FAILED, code_of, message_of
from deploy.signed_http import Response, SignedHttp

VERSION = "2020-05-31"  # of the API
# Others must end first; nobody else is to repeat this at once.
BUSY = "TooManyInvalidationsInProgress"


@dataclass(frozen=True, slots=True)
class Invalidation:
    """`status` is "InProgress" until it is "Completed"."""

    id: str
    status: str


class Distribution:
    """The distribution with this id."""

    def __init__(self, http: SignedHttp, name: str) -> None:
        self.http = http
        self.url = f"{http.url('cloudfront')}{VERSION}/distribution/{name}/invalidation"

    def invalidate(self, paths: Sequence[str], reference: str) -> Invalidation | None:
        """Have it forget `paths`; None if too many others are in progress.

        The same `paths` and `reference` again make no second invalidation. Raises ToolError if
        CloudFront refuses. https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateInvalidation.html
        """
        reply = self._ask("POST", self.url, _batch(paths, reference))
        return None if code_of(reply.status, reply.body) == BUSY else _invalidation(reply)

    def invalidation(self, name: str) -> Invalidation:
        """Return the invalidation with this id as it is now. Raises ToolError as `invalidate`.

        https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_GetInvalidation.html
        """
        return _invalidation(self._ask("GET", f"{self.url}/{name}"))

    def _ask(self, method: Literal["GET", "POST"], url: str, body: bytes = b"") -> Response:
        headers = {"content-type": "application/xml"} if body else {}
        return self.http.request("cloudfront", method, url, headers=headers, body=body)


def _batch(paths: Sequence[str], reference: str) -> bytes:
    space = f"http://cloudfront.amazonaws.com/doc/{VERSION}/"
    root = ET.Element("InvalidationBatch", xmlns=space)
    listed = ET.SubElement(root, "Paths")
    ET.SubElement(listed, "Quantity").text = str(len(paths))
    items = ET.SubElement(listed, "Items")
    for path in paths:
        ET.SubElement(items, "Path").text = path
    ET.SubElement(root, "CallerReference").text = reference
    return ET.tostring(root)


def _invalidation(reply: Response) -> Invalidation:
    if reply.status >= FAILED:
        code = code_of(reply.status, reply.body) or f"status {reply.status}"
        raise ToolError(f"{code}: {message_of(reply.body)}".removesuffix(": "))
    root = ET.fromstring(reply.body)  # noqa: S314 - a reply of AWS's, over TLS
    return Invalidation(root.findtext("{*}Id") or "", root.findtext("{*}Status") or "")
