"""The REST API: everything goes to the function, and the gateway's own errors have the function's envelope."""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import Any

import pytest

from candlecloud.api.errors import PROBLEM_JSON, STATUS, problem
from candlecloud.errors import CandlecloudError
from tests.infra.reading import only, properties

# https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
_RESPONSE_TYPES = {
    *("ACCESS_DENIED", "API_CONFIGURATION_ERROR", "AUTHORIZER_CONFIGURATION_ERROR", "AUTHORIZER_FAILURE"),
    *("BAD_REQUEST_BODY", "BAD_REQUEST_PARAMETERS", "DEFAULT_4XX", "DEFAULT_5XX", "EXPIRED_TOKEN"),
    *("INTEGRATION_FAILURE", "INTEGRATION_TIMEOUT", "INVALID_API_KEY", "INVALID_SIGNATURE"),
    *("MISSING_AUTHENTICATION_TOKEN", "QUOTA_EXCEEDED", "REQUEST_TOO_LARGE", "RESOURCE_NOT_FOUND", "THROTTLED"),
    *("UNAUTHORIZED", "UNSUPPORTED_MEDIA_TYPE", "WAF_FILTERED"),
}
_KNOWN_VARIABLES = {"$context.path", "$context.requestId", "$context.error.responseType"}


def _answers(platform: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {answer["ResponseType"]: answer for answer in properties(platform, "AWS::ApiGateway::GatewayResponse")}


def test_every_response_type_has_its_answer(platform: dict[str, Any]) -> None:
    assert set(_answers(platform)) == _RESPONSE_TYPES


@pytest.mark.parametrize("response_type", sorted(_RESPONSE_TYPES))
def test_answer_is_our_problem_envelope(platform: dict[str, Any], response_type: str) -> None:
    answer = _answers(platform)[response_type]
    (text,) = answer["ResponseTemplates"].values()
    assert set(re.findall(r"\$[\w.]+", text)) <= _KNOWN_VARIABLES
    body = json.loads(text)
    assert set(body) == set(problem(CandlecloudError("x"), instance="/", request_id="r"))
    assert body["status"] == STATUS[body["code"]] == int(answer["StatusCode"])
    assert body["type"] == f"/docs#{body['code']}"
    assert body["title"].casefold() == _phrase(body["status"]).casefold()
    assert body["message"]
    assert body["hint"]
    headers = answer["ResponseParameters"]
    assert headers["gatewayresponse.header.Content-Type"] == f"'{PROBLEM_JSON}'"
    assert ("gatewayresponse.header.Retry-After" in headers) == (body["status"] in (429, 503))


def test_only_a_timeout_says_that_less_should_be_asked(platform: dict[str, Any]) -> None:
    answers = {name: answer["StatusCode"] for name, answer in _answers(platform).items()}
    assert (answers["INTEGRATION_TIMEOUT"], answers["INTEGRATION_FAILURE"]) == ("504", "503")
    (text,) = _answers(platform)["INTEGRATION_FAILURE"]["ResponseTemplates"].values()
    assert json.loads(text)["code"] == "not_ready"
    assert "busy" in text


def _phrase(status: int) -> str:
    # Python 3.13 says "Content Too Large", as RFC 9110 does; 3.11 has the older name.
    return "Content Too Large" if status == 413 else HTTPStatus(status).phrase


def test_every_path_and_method_goes_to_the_function(platform: dict[str, Any]) -> None:
    methods = properties(platform, "AWS::ApiGateway::Method")
    assert [(m["HttpMethod"], m["Integration"]["Type"]) for m in methods] == [("ANY", "AWS_PROXY")] * 2
    assert only(platform, "AWS::ApiGateway::Resource")["PathPart"] == "{proxy+}"


def test_api_is_regional_and_leaves_bytes_alone(platform: dict[str, Any]) -> None:
    api = only(platform, "AWS::ApiGateway::RestApi")
    assert api["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert api["BinaryMediaTypes"] == ["*/*"]


def test_stage_is_throttled_and_logged_without_bodies(platform: dict[str, Any]) -> None:
    stage = only(platform, "AWS::ApiGateway::Stage")
    (settings,) = stage["MethodSettings"]
    assert settings["ThrottlingRateLimit"] > 0
    assert settings["ThrottlingBurstLimit"] > 0
    assert settings["DataTraceEnabled"] is False
    log_format = stage["AccessLogSetting"]["Format"]
    assert "$context.requestId" in log_format
    assert "sourceIp" not in log_format
    assert stage["StageName"] == "v1"
