"""What people hand in, and whose it is."""

from typing import Literal

from pydantic import Field

from hub.contracts.base import (
    RegionCode,
    Slug,
)
from hub.contracts.envelope import Event


class FormSubmitted(Event):
    """Somebody handed in a form, or handed it in anew. What it says of them lies in the content store. tickets →
    customers."""

    type: Literal["form.submitted"] = "form.submitted"
    submission_id: str
    form: Slug
    form_version: int
    ticket_id: str = Field(default="", description="the ticket that it opened, '' for none")
    customer_id: str = Field(default="", description="'' where nobody knew")
    region: RegionCode = "base"
    store_id: str = ""
    content_ref: str = Field(default="", description="what it says of the customer, '' for nothing")


class SubmitterFound(Event):
    """Whose a submission is, for one that came without a customer. customers → tickets."""

    type: Literal["submitter.found"] = "submitter.found"
    submission_id: str
    ticket_id: str
    customer_id: str
    identity_id: str
