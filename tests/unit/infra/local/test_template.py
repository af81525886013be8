"""The reader of synthesised templates: names, references, parts."""

from __future__ import annotations

from typing import Any

import pytest

from infra.local.parts import read_functions, read_gateway, read_schedules
from infra.local.provision import local_definition, read_definition
from infra.local.resource import TemplateError
from infra.local.template import Template

DATA: dict[str, Any] = {
    "Resources": {
        "Lake3F2A": {"Type": "AWS::S3::Bucket", "Properties": {}},
        "Table1": {"Type": "AWS::DynamoDB::GlobalTable", "Properties": {"TableName": "candle"}},
    },
    "Outputs": {
        "LakeName": {"Value": {"Ref": "Lake3F2A"}, "Export": {"Name": "data:Lake"}},
        "TableArn": {
            "Value": {"Fn::GetAtt": ["Table1", "Arn"]},
            "Export": {"Name": {"Fn::Sub": "${AWS::StackName}:T"}},
        },
    },
}
PLATFORM: dict[str, Any] = {
    "Parameters": {"BootstrapVersion": {"Type": "String", "Default": "/cdk-bootstrap/version"}, "Empty": {}},
    "Mappings": {"Sizes": {"small": {"memory": 128}}},
    "Conditions": {
        "InEurope": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-central-1"]},
        "Elsewhere": {"Fn::Not": [{"Condition": "InEurope"}]},
        "Both": {"Fn::And": [{"Condition": "InEurope"}, {"Condition": "Elsewhere"}]},
        "Either": {"Fn::Or": [{"Condition": "InEurope"}, {"Condition": "Elsewhere"}]},
    },
    "Resources": {
        "IngestF": {
            "Type": "AWS::Lambda::Function",
            "Metadata": {"aws:cdk:path": "platform/Functions/ingest_candles/Function/Resource"},
            "Properties": {
                "Timeout": 300,
                "Environment": {"Variables": {"CANDLECLOUD_BUCKET": {"Fn::ImportValue": "data:Lake"}, "N": 7}},
            },
        },
        "BatchF": {
            "Type": "AWS::Lambda::Function",
            "Properties": {"FunctionName": "candlecloud-run_sweep_batch", "MemorySize": 1769},
        },
        "BatchV1": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "BatchF"}}},
        "BatchLive": {
            "Type": "AWS::Lambda::Alias",
            "Properties": {
                "FunctionName": {"Ref": "BatchF"},
                "FunctionVersion": {"Fn::GetAtt": ["BatchV1", "Version"]},
                "Name": "live",
            },
        },
        "CustomResourceProvider": {"Type": "AWS::Lambda::Function", "Properties": {}},
        "Quiet": {
            "Type": "AWS::Lambda::EventInvokeConfig",
            "Properties": {
                "FunctionName": {"Ref": "BatchF"},
                "MaximumRetryAttempts": 0,
                "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["Dead", "Arn"]}}},
            },
        },
        "Dead": {"Type": "AWS::SQS::Queue", "Properties": {}},
        "Hourly": {
            "Type": "AWS::Scheduler::Schedule",
            "Properties": {
                "Name": "ingest-btc",
                "ScheduleExpression": "cron(2 * * * ? *)",
                "Target": {
                    "Arn": {"Fn::GetAtt": ["IngestF", "Arn"]},
                    "Input": '{"scheduled_at":"<aws.scheduler.scheduled-time>"}',
                },
            },
        },
        "Asleep": {
            "Type": "AWS::Scheduler::Schedule",
            "Properties": {"ScheduleExpression": "rate(1 day)", "State": "DISABLED", "Target": {"Arn": "arn:x"}},
        },
        "Sweep": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {
                "DefinitionString": {
                    "Fn::Join": [
                        "",
                        ['{"StartAt":"A","States":{"A":{"Resource":"', {"Fn::GetAtt": "BatchF.Arn"}, '","X":"${Y}"}}}'],
                    ]
                },
                "DefinitionSubstitutions": {"Y": {"Ref": "AWS::AccountId"}},
            },
        },
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"BinaryMediaTypes": ["*/*"]}},
        "Stage": {"Type": "AWS::ApiGateway::Stage", "Properties": {"StageName": "prod"}},
        "TooLarge": {
            "Type": "AWS::ApiGateway::GatewayResponse",
            "Properties": {
                "ResponseType": "REQUEST_TOO_LARGE",
                "StatusCode": "413",
                "ResponseParameters": {
                    "gatewayresponse.header.Cache-Control": "'no-store'",
                    "gatewayresponse.header.X": "context.requestId",
                },
                "ResponseTemplates": {"application/json": '{"id":"$context.requestId"}'},
            },
        },
    },
}


@pytest.fixture
def template() -> Template:
    return Template({"data": DATA, "platform": PLATFORM})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "AWS::Region"}, "eu-central-1"),
        ({"Ref": "BootstrapVersion"}, "/cdk-bootstrap/version"),
        ({"Ref": "BatchF"}, "candlecloud-run_sweep_batch"),
        ({"Ref": "Sweep"}, "arn:aws:states:eu-central-1:123456789012:stateMachine:platform-Sweep"),
        ({"Ref": "Dead"}, "https://sqs.eu-central-1.amazonaws.com/123456789012/platform-Dead"),
        ({"Fn::GetAtt": ["Dead", "QueueName"]}, "platform-Dead"),
        ({"Fn::GetAtt": "BatchF.Arn"}, "arn:aws:lambda:eu-central-1:123456789012:function:candlecloud-run_sweep_batch"),
        ({"Ref": "BatchV1"}, "arn:aws:lambda:eu-central-1:123456789012:function:candlecloud-run_sweep_batch:1"),
        ({"Fn::GetAtt": ["BatchV1", "Version"]}, "1"),
        ({"Ref": "BatchLive"}, "arn:aws:lambda:eu-central-1:123456789012:function:candlecloud-run_sweep_batch:live"),
        ({"Fn::ImportValue": "data:Lake"}, "data-lake3f2a"),
        ({"Fn::ImportValue": "data:T"}, "arn:aws:dynamodb:eu-central-1:123456789012:table/candle"),
        ({"Fn::Sub": "a-${AWS::StackName}-${!literal}"}, "a-platform-${literal}"),
        (
            {"Fn::Sub": ["${x}/${Dead.Arn}", {"x": {"Ref": "AWS::Partition"}}]},
            "aws/arn:aws:sqs:eu-central-1:123456789012:platform-Dead",
        ),
        ({"Fn::Select": ["1", {"Fn::Split": ["/", "a/b/c"]}]}, "b"),
        ({"Fn::FindInMap": ["Sizes", "small", "memory"]}, 128),
        ({"Fn::If": ["InEurope", "yes", "no"]}, "yes"),
        ({"Fn::If": ["Elsewhere", "yes", "no"]}, "no"),
        ({"Fn::If": ["Both", "yes", "no"]}, "no"),
        ({"Fn::If": ["Either", "yes", "no"]}, "yes"),
        ({"a": {"Ref": "AWS::NoValue"}, "b": [1, {"Ref": "AWS::NoValue"}]}, {"b": [1]}),
        ({"Condition": {"StringEquals": {"x": "y"}}}, {"Condition": {"StringEquals": {"x": "y"}}}),
    ],
)
def test_intrinsic_functions(template: Template, value: Any, expected: Any) -> None:
    assert template.resolve("platform", value) == expected


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"Ref": "Nobody"}, "nothing is called Nobody"),
        ({"Ref": "Empty"}, "parameter Empty has no default"),
        ({"Ref": "AWS::Weather"}, "unknown pseudo parameter"),
        ({"Fn::GetAtt": ["Dead", "Colour"]}, "has no attribute Colour"),
        ({"Fn::ImportValue": "data:None"}, "no stack exports"),
        ({"Fn::Transform": {}}, "does not know the intrinsic function Fn::Transform"),
        ({"Fn::Select": [3, ["a"]]}, "item 3 of 1"),
        ({"Fn::FindInMap": ["Sizes", "huge", "memory"]}, "no mapping Sizes.huge.memory"),
        ({"Fn::If": ["Never", 1, 2]}, "no condition Never"),
    ],
)
def test_what_it_does_not_know_is_named(template: Template, value: Any, said: str) -> None:
    with pytest.raises(TemplateError, match=said):
        template.resolve("platform", value)


def test_functions_are_found_by_job_and_others_are_left_out(template: Template) -> None:
    functions = read_functions(template, ["ingest_candles", "run_sweep_batch", "plan_fan_out"])
    assert sorted(functions) == ["ingest_candles", "run_sweep_batch"]
    ingest, batch = functions["ingest_candles"], functions["run_sweep_batch"]
    assert ingest.environment == {"CANDLECLOUD_BUCKET": "data-lake3f2a", "N": "7"}
    assert (ingest.timeout_s, ingest.memory_mb, ingest.retries, ingest.dead_letter_arn) == (300, 128, 2, None)
    assert (batch.memory_mb, batch.retries) == (1769, 0)
    assert batch.dead_letter_arn == "arn:aws:sqs:eu-central-1:123456789012:platform-Dead"


def test_two_functions_for_one_job_are_an_error() -> None:
    function = {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "x-plan_fan_out"}}
    with pytest.raises(TemplateError, match="two functions run plan_fan_out"):
        read_functions(Template({"one": {"Resources": {"A": function, "B": function}}}), ["plan_fan_out"])


def test_schedules(template: Template) -> None:
    hourly, asleep = read_schedules(template)
    assert (hourly.name, hourly.expression, hourly.timezone, hourly.enabled) == (
        "ingest-btc",
        "cron(2 * * * ? *)",
        "UTC",
        True,
    )
    assert hourly.target_arn.endswith("function:platform-IngestF")
    assert not asleep.enabled


def test_gateway(template: Template) -> None:
    gateway = read_gateway(template)
    assert (gateway.stage, gateway.binary_media_types) == ("prod", ("*/*",))
    answer = gateway.answers["REQUEST_TOO_LARGE"]
    assert (answer.status, answer.headers) == (413, {"Cache-Control": "no-store"})


def test_a_template_without_an_api_is_an_error() -> None:
    with pytest.raises(TemplateError, match="serves one REST API, the template has 0"):
        read_gateway(Template({"data": DATA}))


def test_definition_is_resolved_and_only_the_execution_type_changes(template: Template) -> None:
    (machine,) = template.resources("AWS::StepFunctions::StateMachine")
    state = read_definition(template, machine)["States"]["A"]
    assert state == {
        "Resource": "arn:aws:lambda:eu-central-1:123456789012:function:candlecloud-run_sweep_batch",
        "X": "123456789012",
    }
    given = {"Map": [{"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, "Other": "EXPRESS"}]}
    assert local_definition(given) == {
        "Map": [{"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "Other": "EXPRESS"}]
    }
    assert given["Map"][0]["ProcessorConfig"]["ExecutionType"] == "EXPRESS"


def test_an_empty_folder_says_what_to_run(tmp_path: Any) -> None:
    with pytest.raises(TemplateError, match="make synth"):
        Template.load(tmp_path)
