"""What WeCom says of the corp itself: its staff (通讯录), approvals (审批), jobs, and a suite's authorisations. Pure.

Staff: https://developer.work.weixin.qq.com/document/path/90970, approvals: path/91815, jobs: path/90973, suites:
path/90628 (read 2024-07). Since 2022-08-15 callbacks name no person and no department: only ids are taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from hub.channels.base import Draft, NotUnderstood
from hub.channels.wechat.callback import Callback
from hub.contracts.events import PlatformNoticed, StaffChanged

UserChange = Literal["joined", "updated", "left"]
USER_CHANGES: Mapping[str, UserChange] = MappingProxyType(
    {"create_user": "joined", "update_user": "updated", "delete_user": "left"}
)
PartyChange = Literal["party_created", "party_updated", "party_deleted"]
PARTY_CHANGES: Mapping[str, PartyChange] = MappingProxyType(
    {"create_party": "party_created", "update_party": "party_updated", "delete_party": "party_deleted"}
)
STATUS_LEFT = "5"

APPROVAL_STATES = MappingProxyType(
    {
        "1": "pending",
        "2": "passed",
        "3": "rejected",
        "4": "withdrawn",
        "6": "withdrawn_after_pass",
        "7": "deleted",
        "10": "paid",
    }
)
APPROVAL_STEPS = MappingProxyType({"4": "transferred", "5": "urged", "10": "commented"})
"""StatuChangeEvent (so spelled): what happened to an approval without changing its state."""

SUITE_NOTICES = MappingProxyType(
    {
        "suite_ticket": "ticket_renewed",
        "create_auth": "granted",
        "change_auth": "changed",
        "cancel_auth": "cancelled",
        "reset_permanent_code": "code_reset",
    }
)
"""InfoType → status. SuiteTicket and AuthCode are secrets: they stay in the inbox and enter no event."""


def staff_changed(callback: Callback) -> list[Draft]:
    """change_contact: a member, a department or a tag; a member updated to 退出企业 (Status 5) has left."""
    kind, facts = callback.required("changetype").lower(), callback.platform_facts("staff.changed")
    if kind in USER_CHANGES:
        change = "left" if callback.optional("status") == STATUS_LEFT else USER_CHANGES[kind]
        renamed = callback.optional("newuserid")
        return [
            Draft(StaffChanged(**facts, change=change, member_id=callback.required("userid"), new_member_id=renamed))
        ]
    if kind in PARTY_CHANGES:
        return [Draft(StaffChanged(**facts, change=PARTY_CHANGES[kind], object_id=callback.required("id")))]
    if kind == "update_tag":
        return [Draft(StaffChanged(**facts, change="tag_updated", object_id=callback.required("tagid")))]
    raise NotUnderstood("unmapped-change", change=kind)


def approval_changed(callback: Callback) -> list[Draft]:
    """sys_approval_change, open_approval_change: which approval (its number), whose, and how it stands.

    The number of the second one is the applicant system's own (ThirdNo). Raises NotUnderstood("unmapped-status").
    """
    approval = callback.below("approvalinfo")
    status = approval.optional("spstatus") or approval.required("openspstatus")
    if status not in APPROVAL_STATES:
        raise NotUnderstood("unmapped-status", status=status)
    step = APPROVAL_STEPS.get(approval.optional("statuchangeevent"))
    number = approval.optional("spnostr") or approval.optional("spno") or approval.required("thirdno")
    event = PlatformNoticed(
        **callback.platform_facts("platform.noticed"),
        kind="approval",
        status=step or APPROVAL_STATES[status],
        subject_id=number,
        member_id=approval.below("applyer").optional("userid") or approval.optional("applyuserid"),
    )
    return [Draft(event)]


def job_finished(callback: Callback) -> list[Draft]:
    """batch_job_result: a job that we started through the API is done, or failed, which is urgent."""
    job = callback.below("batchjob")
    failed = job.required("errcode") != "0"
    event = PlatformNoticed(
        **callback.platform_facts("platform.noticed"),
        kind="job",
        status="failed" if failed else "done",
        subject_id=job.required("jobid"),
        urgent=failed,
    )
    return [Draft(event)]


def suite_noticed(callback: Callback, info_type: str) -> list[Draft]:
    """The life of a suite's authorisation; none when it is another kind of callback. Cancelled is urgent."""
    if info_type not in SUITE_NOTICES:
        return []
    event = PlatformNoticed(
        **callback.platform_facts("platform.noticed"),
        kind="authorization",
        status=SUITE_NOTICES[info_type],
        subject_id=callback.optional("authcorpid") or callback.required("suiteid"),
        urgent=info_type == "cancel_auth",
    )
    return [Draft(event)]
