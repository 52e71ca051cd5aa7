"""Uploads (拍照上传): a form for one file of one ticket, and then whether that very file came."""

from __future__ import annotations

from functions.tickets.desk import Desk
from functions.tickets.forms.uploads_table import FILES_LIMIT, Upload
from functions.tickets.ticket.ticket import Case, Move, Note, require_open
from hub.contracts.forms import NewUpload, UploadForm, UploadView
from hub.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Problem
from hub.store.uploads import OPEN_SECONDS

ENDINGS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/heic": "heic",
    "application/pdf": "pdf",
    "video/mp4": "mp4",
}


def open_upload(desk: Desk, case: Case, body: NewUpload, upload_id: str, actor: str) -> UploadForm:
    """Let one file in, for this ticket and the visit that waits at the node. Raises Conflict for a ticket that is over
    or full, Invalid for a node that waits for nobody."""
    require_open(case)
    if not desk.bucket.bucket:
        raise Conflict("this hub has no bucket for files")
    waiting = [visit for visit in case.waiting() if visit.node == body.node]
    if body.node and not waiting:
        nodes = ", ".join(visit.node for visit in case.waiting()) or "none"
        raise Invalid("no such visit", problems=[Problem("/node", f"must be a node that waits: {nodes}")])
    if len(desk.uploads.files(case.ticket.id)) >= FILES_LIMIT:
        raise Conflict("the ticket has all the files it may have", limit=FILES_LIMIT)
    now = desk.wall_now()
    upload = Upload(
        id=upload_id,
        ticket_id=case.ticket.id,
        visit_id=waiting[-1].id if body.node else "",
        node=body.node,
        content_type=body.content_type,
        size_bytes=body.size_bytes,
        sha256=body.sha256,
        made_by=actor,
        made_at=desk.now(),
    )
    desk.uploads.open(upload, now)
    form = desk.bucket.form(
        upload.name, content_type=upload.content_type, size_bytes=upload.size_bytes, sha256=upload.sha256
    )
    until = now.fromtimestamp(now.timestamp() + OPEN_SECONDS, tz=now.tzinfo)
    return UploadForm(id=upload.id, url=form.url, fields=dict(form.fields), until=until)


def finish_upload(desk: Desk, case: Case, upload_id: str, actor: str) -> UploadView:
    """The file is there: it is the ticket's from now on. Raises Forbidden for an upload of another ticket, Conflict
    where nothing lies there yet, Invalid where something else does."""
    upload, version = desk.uploads.find(upload_id)
    if upload.ticket_id != case.ticket.id:
        raise Forbidden("this upload is for another ticket")
    if upload.done_at is not None:
        return show_upload(desk, upload)
    try:
        size_bytes, sha256 = desk.bucket.stored(upload.name)
    except NotFound:
        raise Conflict("nothing has been uploaded yet", upload=upload.id) from None
    if (size_bytes, sha256) != (upload.size_bytes, upload.sha256):
        raise Invalid("another file", problems=[Problem("/sha256", "is not that of the file that was uploaded")])
    done = upload.but(done_at=desk.now())
    detail = {"kind": done.content_type, "node": done.node, "visit": done.visit_id, "key": done.id}
    note = Note("file", actor, {name: value for name, value in detail.items() if value})

    def decide(current: Case) -> Move:
        require_open(current)
        return Move(current.ticket, (note,))

    desk.tickets.change(case.ticket.id, desk.now(), decide, extra=desk.uploads.finish(done, version))
    return show_upload(desk, done)


def show_upload(desk: Desk, upload: Upload) -> UploadView:
    """A file, and where it may be fetched for a moment."""
    return UploadView(
        id=upload.id,
        content_type=upload.content_type,
        size_bytes=upload.size_bytes,
        sha256=upload.sha256,
        node=upload.node,
        uploaded_by=upload.made_by,
        uploaded_at=upload.done_at or upload.made_at,
        url=desk.bucket.url(upload.name, f"{upload.id}.{ENDINGS[upload.content_type]}"),
    )
