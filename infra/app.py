"""The CDK app: ``python -m infra.app`` synthesises both stacks. It calls no AWS API and needs no CDK command.

``--snapshot`` refreshes ``infra/template/``, which local mode and most tests read, so that those need no Node.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from infra.audit import nag_summary, wildcard_summary
from infra.context import OWN_KEYS, ROOT, ContextError, parse_context, read_raw_context
from infra.fingerprint import built_commit, stale_parts

STACKS = {"data": "CandlecloudData", "platform": "CandlecloudPlatform"}
"""Template file to stack, by the id that it has in the app; in AWS its name begins with the deployment's."""
SNAPSHOT = ROOT / "infra" / "template"


def synthesise(outdir: Path, *, snapshot: bool = False, raw_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Synthesise the stacks and hold them against cdk-nag; a finding that nobody acknowledged ends it.

    Parameters
    ----------
    outdir
        Folder for the cloud assembly.
    snapshot
        Leave code assets where they are and unhashed: the templates then depend on nothing but the stacks.
    raw_context
        Context in place of cdk.json's.

    Returns
    -------
    dict
        Template of each stack, under ``data`` and ``platform``.
    """
    # The library starts Node when it is imported: not before it is needed.
    from aws_cdk import App, Validations
    from cdk_nag import AwsSolutionsChecks

    from infra.data_stack import DataStack
    from infra.platform_stack import PlatformStack
    from infra.resources.assets import Assets
    from infra.resources.names import Names

    raw = dict(read_raw_context() if raw_context is None else raw_context)
    if snapshot:
        raw["aws:cdk:disable-asset-staging"] = True
    app = App(outdir=str(outdir), context=raw, analytics_reporting=False)
    # By way of the app, which also knows what was given to the CDK command with -c.
    own = {key: app.node.try_get_context(key) for key in OWN_KEYS}
    context = parse_context({key: value for key, value in own.items() if value is not None})
    names = Names(context.name)
    git_hash = None if snapshot else built_commit(ROOT / "build")
    data = DataStack(app, STACKS["data"], names, stack_name=names.stack("data"), termination_protection=True)
    platform = PlatformStack(
        app, STACKS["platform"], names, context, Assets(snapshot=snapshot), git_hash, stack_name=names.stack("platform")
    )
    platform.add_stack_dependency(data)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    assembly = app.synth()
    return {key: assembly.get_stack_artifact(stack).template for key, stack in STACKS.items()}


def snapshot_text(template: Mapping[str, Any]) -> str:
    """Write a template as the snapshot has it: sorted, and without this machine's asset paths."""
    return json.dumps(_without_asset_paths(template), indent=1, sort_keys=True) + "\n"


def _without_asset_paths(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {
            key: _without_asset_paths(value) for key, value in node.items() if not str(key).startswith("aws:asset:")
        }
    return [_without_asset_paths(item) for item in node] if isinstance(node, list) else node


def write_snapshot(outdir: Path) -> dict[str, Any]:
    """Refresh the committed templates, by way of an assembly in a folder."""
    SNAPSHOT.mkdir(exist_ok=True)
    templates = synthesise(outdir, snapshot=True)
    for key, template in templates.items():
        (SNAPSHOT / f"{key}.json").write_text(snapshot_text(template))
    return templates


def main(argv: Sequence[str] | None = None) -> int:
    """Synthesise to cdk.out, or refresh the snapshot.

    The CDK command (it sets ``CDK_OUTDIR``) may deploy what comes out, so for it the bundle must be up to date.
    """
    parser = argparse.ArgumentParser(prog="python -m infra.app", description=__doc__)
    parser.add_argument("--snapshot", action="store_true", help="refresh infra/template/ instead of writing cdk.out")
    parser.add_argument(
        "--output",
        type=Path,
        default=Path(os.environ.get("CDK_OUTDIR", ROOT / "cdk.out")),
        help="folder of the cloud assembly",
    )
    arguments = parser.parse_args(argv)
    if shutil.which("node") is None:
        print(
            "CDK synthesis runs on Node, which is not on PATH: install Node 20 or newer. "
            "Local mode and most tests need none: they read infra/template/.",
            file=sys.stderr,
        )
        return 1
    stale = [] if arguments.snapshot else stale_parts(ROOT / "build")
    if stale and "CDK_OUTDIR" in os.environ:
        print(
            f"build/ is missing or older than the sources ({', '.join(stale)}): run 'make bundle', then try again.",
            file=sys.stderr,
        )
        return 1
    with tempfile.TemporaryDirectory() as scratch:
        outdir = Path(scratch) if arguments.snapshot else arguments.output
        try:
            templates = write_snapshot(outdir) if arguments.snapshot else synthesise(outdir)
        except ContextError as error:
            print(error, file=sys.stderr)
            return 1
        for key, template in templates.items():
            print(f"{STACKS[key]}: {len(template['Resources'])} resources")
        print(nag_summary(outdir))
    print(wildcard_summary(templates))
    print(f"written to {SNAPSHOT if arguments.snapshot else arguments.output}")
    if stale:
        print(f"Not for deployment: run 'make bundle' first; not built from these sources: {', '.join(stale)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
