"""Files of a ticket over HTTP: by those who work on it, and by the customer who holds its link."""

from __future__ import annotations

from functions.tickets.api.subjects import READERS, WORKERS, case_of
from functions.tickets.desk import Desk
from functions.tickets.handlers.uploading import finish_upload, open_upload, show_upload
from functions.tickets.room import room
from hub.contracts.forms import NewUpload, UploadForm, UploadsView, UploadView
from hub.contracts.tickets import Nothing
from hub.edge.requests import Request
from hub.kernel.errors import Invalid, Problem

CUSTOMER = "customer"


def _open_again(desk: Desk, request: Request, _made: str) -> UploadForm:
    return begin_upload(desk, request)


@room.http("POST", "/tickets/{ticket_id}/uploads", body=NewUpload, answer=UploadForm, roles=WORKERS, scope="region",
           subject=case_of, status=201, replay=_open_again, summary="上传文件 · Upload a file")  # fmt: skip
def begin_upload(desk: Desk, request: Request) -> UploadForm:
    """A form by which one file, of this type, size and SHA-256, goes straight into the bucket, below this ticket and
    the visit that waits at the node."""
    return open_upload(desk, request.subject, request.body, request.new_id("upl"), request.principal.sub)


@room.http("POST", "/tickets/{ticket_id}/uploads/{upload_id}/done", body=Nothing, answer=UploadView, roles=WORKERS,
           scope="region", subject=case_of, summary="上传完成 · The file is there")  # fmt: skip
def end_upload(desk: Desk, request: Request) -> UploadView:
    """It is the ticket's from now on, and stands in its trail; 409 while nothing lies there, 403 for an upload that was
    opened for another ticket."""
    return finish_upload(desk, request.subject, request.path["upload_id"], request.principal.sub)


@room.http("GET", "/tickets/{ticket_id}/uploads", answer=UploadsView, roles=READERS, scope="region", subject=case_of,
           summary="工单文件 · Files of a ticket")  # fmt: skip
def list_uploads(desk: Desk, request: Request) -> UploadsView:
    """Each with an address that is good for half a minute."""
    files = desk.uploads.files(request.subject.ticket.id)
    return UploadsView(data=tuple(show_upload(desk, upload) for upload in files))


def _open_theirs_again(desk: Desk, request: Request, _made: str) -> UploadForm:
    return begin_their_upload(desk, request)


@room.http("POST", "/t/{link}/uploads", body=NewUpload, answer=UploadForm, scope="public", status=201,
           replay=_open_theirs_again, summary="客户上传文件 · A customer uploads a file")  # fmt: skip
def begin_their_upload(desk: Desk, request: Request) -> UploadForm:
    """The same for whoever holds the link of the ticket's progress page; theirs belong to the ticket as a whole."""
    if request.body.node:
        raise Invalid("no node", problems=[Problem("/node", "must be left out here")])
    case = desk.tickets.case(desk.tickets.link_ticket(request.path["link"]))
    return open_upload(desk, case, request.body, request.new_id("upl"), CUSTOMER)


@room.http("POST", "/t/{link}/uploads/{upload_id}/done", body=Nothing, answer=UploadView, scope="public",
           summary="客户上传完成 · A customer's file is there")  # fmt: skip
def end_their_upload(desk: Desk, request: Request) -> UploadView:
    """403 by the link of another ticket."""
    case = desk.tickets.case(desk.tickets.link_ticket(request.path["link"]))
    return finish_upload(desk, case, request.path["upload_id"], CUSTOMER)
