"""Findings of cdk-nag that stay, each with the reason next to the resource that it is about."""

from __future__ import annotations

from aws_cdk import Acknowledgment, Aws, Validations
from constructs import Construct

_PACK = "AwsSolutions::AwsSolutions-"


def acknowledge(construct: Construct, finding: str, reason: str) -> None:
    """Accept one finding on a construct and all below it.

    Parameters
    ----------
    finding
        Rule without the name of its pack, e.g. ``SF2`` or ``IAM5[Resource::*]``.
    reason
        Why it is right as it is; goes into the validation report.
    """
    for token, text in (
        (Aws.PARTITION, "<AWS::Partition>"),
        (Aws.REGION, "<AWS::Region>"),
        (Aws.ACCOUNT_ID, "<AWS::AccountId>"),
    ):
        finding = finding.replace(token, text)
    Validations.of(construct).acknowledge(Acknowledgment(id=_PACK + finding, reason=reason))


def acknowledge_wildcard(construct: Construct, resource: str, reason: str) -> None:
    """Accept a resource that ends in ``*``."""
    acknowledge(construct, f"IAM5[Resource::{resource}]", reason)
