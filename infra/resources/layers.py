"""Lambda layers: our library, and third-party packages by concern."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.function_spec import LAYERS
from infra.resources.assets import Assets
from infra.resources.names import Names

RUNTIME = lambda_.Runtime.PYTHON_3_13
ARCHITECTURE = lambda_.Architecture.ARM_64


def create_layers(scope: Construct, assets: Assets, names: Names) -> dict[str, lambda_.ILayerVersion]:
    """Create every layer; a new version keeps the old one, so that a roll-back finds it."""
    parent = Construct(scope, "Layers")
    return {
        name: lambda_.LayerVersion(
            parent,
            name,
            layer_version_name=f"{names.prefix}-{name}",
            code=assets.layer(name),
            compatible_runtimes=[RUNTIME],
            compatible_architectures=[ARCHITECTURE],
            removal_policy=RemovalPolicy.RETAIN,
        )
        for name in LAYERS
    }
