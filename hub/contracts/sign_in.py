"""HTTP bodies of /auth for people: how they sign in, stay signed in, and what they may then."""

from typing import Annotated, Literal

from pydantic import Field

from hub.contracts.base import Contract, Moment, PersonId, Terminal
from hub.contracts.classes import Classified

Secret = Annotated[str, Field(min_length=1, max_length=2048), Classified("secret")]


class SignInQuery(Contract):
    """Where WeCom shall send the browser afterwards."""

    redirect_uri: Annotated[
        str,
        Field(
            pattern=r"^https?://[!-~]{1,500}$",
            description="a page of one of the tenant's origins; it gets ?code= and ?state=",
            examples=["https://desk.example.com/signed-in"],
        ),
    ]


class SignInView(Contract):
    """Where to send the browser. A front end keeps `state` and compares it with the one that comes back."""

    url: str = Field(description="inside WeCom (企业微信内打开): signs in without a word")
    scan_url: str = Field(description="in any other browser: a code to scan with WeCom (扫码登录)")
    state: str = Field(description="comes back beside the code; hand both to POST /auth/login")
    ends_at: Moment = Field(description="until when that may happen")


class SignIn(Contract):
    """What WeCom sent the browser back with."""

    code: Annotated[str, Field(min_length=1, max_length=512, description="?code= of the page that WeCom opened")]
    state: Secret


class LocalSignIn(Contract):
    """Who to be, on a hub that runs on one machine for development."""

    person_id: PersonId


class LinkSignIn(Contract):
    """The link that an administrator gave."""

    link: Secret


class LinkBody(Contract):
    """For whom the link is, and for how long it may lie unused."""

    person_id: PersonId
    hours: Annotated[int, Field(ge=1, le=168)] = 24
    terminal: Terminal | None = Field(
        default=None, description="to bind whoever signs in by it to one terminal: h5 for people who help for a while"
    )


class LinkView(Contract):
    """A link that signs one person in, once. It stands in this answer alone."""

    id: str
    person_id: PersonId
    link: str = Field(description="hand it to POST /auth/login/link")
    ends_at: Moment


class Refresh(Contract):
    """The refresh token of the last answer: each is good for one renewal."""

    refresh_token: Secret


class SessionView(Contract):
    """A person who is signed in (会话). Send `access_token` as `Authorization: Bearer …`, and renew it in time."""

    id: str = Field(description="of the session; it stays the same over renewals")
    person_id: PersonId
    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the scheme's name
    expires_in: int = Field(description="seconds until the access token is over")
    refresh_token: str = Field(description="for POST /auth/refresh, once")
    refresh_ends_at: Moment = Field(description="when signing in anew is due; each renewal moves it, up to thirty days")


class SignedOut(Contract):
    """Whose tokens are dead now."""

    person_id: str


class MayView(Contract):
    """What the caller may do, as of now: which operations of the reference their roles open, and what they see."""

    operations: tuple[str, ...] = Field(description="operationIds; each is checked again when it is called")
    sees: dict[str, Literal["full", "masked", "hidden"]] = Field(
        description="classes of fields, as the policy has them"
    )
    writes: tuple[str, ...] = Field(description="classes of fields that the caller may write")
