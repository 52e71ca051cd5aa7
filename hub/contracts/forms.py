"""HTTP bodies of /forms and /f: what is handed in, and what becomes of it. The forms themselves are documents."""

from typing import Annotated, Any, Literal

from pydantic import Field, RootModel

from hub.contracts.base import Contract, Moment, RegionCode, Slug
from hub.contracts.classes import Keyed, Located
from hub.contracts.http import PageQuery

SubmissionState = Literal["draft", "submitted"]
StoreText = Annotated[str, Field(max_length=64)]
CustomerId = Annotated[str, Field(pattern=r"^(cus_[0-9A-Za-z]{1,32})?$")]


class Answers(RootModel[Annotated[dict[str, Any], Field(max_length=400)]]):
    """The answers, by the form's own fields: `{"phone": "13800138000"}`. What is not asked is left out, whatever it is;
    a field that the form does not have is refused."""


class PlaceQuery(Contract):
    """For which region or store the form is filled in: whose fields it has, and where what follows belongs. Without
    either it is the caller's own."""

    region: RegionCode = "base"
    store: StoreText = ""


class SubmitQuery(PlaceQuery):
    """draft: keep it as it is, to go on with later. customer: whose answers they are, where that is known."""

    draft: bool = False
    customer: CustomerId = ""


class SubmissionQuery(PageQuery):
    """Which form's submissions, and in which state."""

    form: Slug
    state: SubmissionState | None = None


class ExportQuery(Contract):
    """Which form's, from when on and until when they were first kept; at most 1,000 rows: `X-Next-Cursor` goes on."""

    form: Slug
    since: Moment | None = None
    until: Moment | None = None
    cursor: str = ""


class SubmissionView(Contract):
    """What was handed in on a form. `form_version` with `form_pin` (its regional parts too) is what it is validated
    against for ever. `answers` are left out in lists; each is shown by the class that the form gives its field."""

    id: Annotated[str, Located("thing")]
    version: int
    form: str
    form_version: int
    form_pin: str = Field(description='the version with those of region and store: "3", "3+310000@2"')
    state: SubmissionState
    region: Annotated[str, Located("region")]
    store_id: Annotated[str, Located("store")]
    made_by: Annotated[str, Located("people")] = Field(description="one of us, or `public`")
    customer_id: str = ""
    ticket_id: str = Field(default="", description="the ticket that it opened, '' for none")
    saved_at: Moment
    submitted_at: Moment | None
    answers: Annotated[dict[str, Any], Keyed(stated="classes")] = Field(default={})
    classes: dict[str, str] = Field(default={}, description="field → its class, '' for plain")


class Received(Contract):
    """What a customer hears of what they handed in. `link` is the path of their progress page, '' where nothing is to
    be followed."""

    id: str
    link: str = ""


class FormFigure(Contract):
    """How one day went with one version of a form. invalid_rate: the share of attempts that was refused."""

    day: str
    form_version: int
    submitted: int
    invalid: int
    invalid_rate: str = Field(description="0 to 1, four decimals", examples=["0.2000"])


class FormFigures(Contract):
    """The last days, the newest first."""

    data: tuple[FormFigure, ...]


class FormSchema(Contract):
    """A form as JSON Schema 2020-12, for tools that fill it in; what is asked when stands in its `x-rules`."""

    json_schema: dict[str, Any]


class NewUpload(Contract):
    """A file that is to be uploaded to a ticket: what it is, exactly. node: at which it is asked for, where the ticket
    waits; "" for the ticket as a whole."""

    content_type: Literal["image/jpeg", "image/png", "image/webp", "image/heic", "application/pdf", "video/mp4"]
    size_bytes: Annotated[int, Field(ge=1, le=50_000_000)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    node: Slug | Literal[""] = ""


class UploadForm(Contract):
    """Where the file is posted to (multipart/form-data, these fields first, `file` last), until when."""

    id: str
    url: str = Field(description="of the tenant's bucket")
    fields: dict[str, str]
    until: Moment


class UploadView(Contract):
    """A file of a ticket. url: where it may be fetched, for half a minute."""

    id: str
    content_type: str
    size_bytes: int
    sha256: str
    node: str
    uploaded_by: str = Field(description="one of us, or `customer`")
    uploaded_at: Moment
    url: str


class UploadsView(Contract):
    """The files of a ticket, the oldest first."""

    data: tuple[UploadView, ...]
