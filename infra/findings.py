"""What cdk-nag finds and we leave as it is, each with its reason. Wildcards in roles are explained in roles.py."""

from aws_cdk import Acknowledgment, Stack, Validations

ACCEPTED = {
    "AwsSolutions-S1": "files live a week; who asked for which is in the jobs' records and the hub's own log",
    "AwsSolutions-APIG4": "platforms sign their calls, people send JWTs and machines keys: hub.edge checks all of them",
    "AwsSolutions-L1": "bytecode is built for the Python minor that the project is developed and tested on",
}


def accept_findings(stack: Stack) -> None:
    """Acknowledge the findings above for the whole stack."""
    Validations.of(stack).acknowledge(
        *(Acknowledgment(id=finding, reason=reason) for finding, reason in ACCEPTED.items())
    )
