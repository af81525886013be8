"""The HTTP door: a regional REST API that hands every request to the api function's version in use."""

from __future__ import annotations

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.resources.acknowledged import acknowledge
from infra.resources.functions import TELEMETRY_RETENTION
from infra.resources.gateway_answers import create_gateway_answers
from infra.resources.names import Names

STAGE = "v1"
_RATE_PER_S = 50
_BURST = 100


def create_http_api(scope: Construct, function: lambda_.IFunction, names: Names) -> apigateway.RestApi:
    """Create the API with its stage, access log and error answers."""
    parent = Construct(scope, "Http")
    log_group = logs.LogGroup(
        parent,
        "Log",
        log_group_name=names.api_log_group,
        retention=TELEMETRY_RETENTION,
        removal_policy=RemovalPolicy.DESTROY,
    )
    api = apigateway.RestApi(
        parent,
        "Api",
        rest_api_name=names.api,
        description="candlecloud: candles, gaps, backtests and sweeps",
        endpoint_configuration=apigateway.EndpointConfiguration(types=[apigateway.EndpointType.REGIONAL]),
        # Arrow and Parquet answers; with */* the function alone decides what is text.
        binary_media_types=["*/*"],
        # One role per account and region lets API Gateway write logs; it outlives this stack.
        cloud_watch_role=True,
        cloud_watch_role_removal_policy=RemovalPolicy.RETAIN,
        deploy_options=apigateway.StageOptions(
            stage_name=STAGE,
            access_log_destination=apigateway.LogGroupLogDestination(log_group),
            access_log_format=apigateway.AccessLogFormat.json_with_standard_fields(
                caller=False,
                http_method=True,
                ip=False,
                protocol=True,
                request_time=True,
                resource_path=True,
                response_length=True,
                status=True,
                user=False,
            ),
            logging_level=apigateway.MethodLoggingLevel.ERROR,
            data_trace_enabled=False,
            metrics_enabled=True,
            throttling_rate_limit=_RATE_PER_S,
            throttling_burst_limit=_BURST,
        ),
    )
    integration = apigateway.LambdaIntegration(function, proxy=True)
    api.root.add_method("ANY", integration)
    api.root.add_resource("{proxy+}").add_method("ANY", integration)
    create_gateway_answers(api)
    _acknowledge_findings(api)
    return api


def _acknowledge_findings(api: apigateway.RestApi) -> None:
    managed = f"arn:{Aws.PARTITION}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
    own_tokens = "The function denies by default: every route but four needs a bearer token with a scope."
    for finding, reason in (
        ("APIG2", "The function validates every body and parameter and says what is wrong with it."),
        ("APIG3", "No web ACL: it costs more a month than the platform; throttling and tokens stand in front."),
        ("APIG4", own_tokens),
        ("COG4", own_tokens),
        (f"IAM4[Policy::{managed}]", "The one role per account and region that AWS documents for API Gateway's logs."),
    ):
        acknowledge(api, finding, reason)
