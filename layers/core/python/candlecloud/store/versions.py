"""Published versions of the functions, as Lambda lists them."""

from __future__ import annotations

from collections.abc import Mapping

from candlecloud.store.aws import AwsClients, store_border

_LATEST = "$LATEST"


class VersionStore:
    """Versions by function.

    Parameters
    ----------
    functions : mapping
        Job to the name of its function, unqualified.
    """

    def __init__(self, clients: AwsClients, functions: Mapping[str, str]) -> None:
        self._clients = clients
        self.functions = functions

    def numbers(self, function: str) -> set[int]:
        """Numbers of the published versions of a function."""
        with store_border("list the versions of a function"):
            pages = self._clients.lambda_.get_paginator("list_versions_by_function").paginate(FunctionName=function)
            found = [str(version["Version"]) for page in pages for version in page["Versions"]]
        return {int(version) for version in found if version != _LATEST}

    def aliased(self, function: str) -> set[int]:
        """Numbers of the versions that an alias sends anything to."""
        with store_border("list the aliases of a function"):
            pages = self._clients.lambda_.get_paginator("list_aliases").paginate(FunctionName=function)
            aliases = [alias for page in pages for alias in page["Aliases"]]
        weighted = [(alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {} for alias in aliases]
        named = [str(alias["FunctionVersion"]) for alias in aliases] + [str(v) for weights in weighted for v in weights]
        return {int(version) for version in named if version != _LATEST}

    def delete(self, function: str, number: int) -> None:
        """Delete one version; never the function, because a version is always named."""
        with store_border("delete a version of a function"):
            self._clients.lambda_.delete_function(FunctionName=function, Qualifier=str(number))
