"""What must survive: the lake, the index, and how Athena reads them."""

from __future__ import annotations

from typing import Any

from aws_cdk import Stack
from constructs import Construct

from infra.resources.glue import create_glue_tables
from infra.resources.index_table import create_index_table
from infra.resources.lake import create_lake
from infra.resources.names import Names


class DataStack(Stack):
    """Bucket, table, Glue tables."""

    def __init__(self, scope: Construct, construct_id: str, names: Names, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        create_lake(self, names)
        create_glue_tables(self, names)
        # Last: a first deployment that fails takes back what it made, and a table with deletion protection would stay
        # and be in the way of the next try.
        before = list(self.node.children)
        create_index_table(self, names).node.add_dependency(*before)
