"""Cases of Lambda."""

# ruff: noqa: ARG005 - each function takes what every case gives it; tokens are no passwords

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from emulator.provider.core.assets import zip_bytes
from tests.processes.emulator.provider.case import (
    ACCOUNT,
    FUNCTION,
    Case,
    a_function,
    a_network,
    a_version,
    an_alias,
    an_archive,
    policy,
)

if TYPE_CHECKING:
    from tests.processes.emulator.provider.harness import Deployed, Engine, Values

RULE: Final = f"arn:aws:events:eu-central-1:{ACCOUNT}:rule/r"


def _function_behind(boto: Any, deployed: Deployed) -> None:  # noqa: ANN401 - a function that gives boto3 clients
    client = boto("lambda")
    client.update_function_code(FunctionName=deployed.id, ZipFile=zip_bytes(an_archive(main="behind = 1")))
    client.update_function_configuration(
        FunctionName=deployed.id, Timeout=9, Environment={"Variables": {"job_name": "a", "XY": "y"}}
    )


def _alias_behind(boto: Any, deployed: Deployed) -> None:  # noqa: ANN401 - see above
    client = boto("lambda")
    client.update_function_configuration(FunctionName="f", Timeout=9)
    version = client.publish_version(FunctionName="f")["Version"]
    client.update_alias(FunctionName="f", Name=deployed.outputs["name"], FunctionVersion=version)


def _a_private_function(engine: Engine) -> Values:
    """Create a function whose role lets Lambda join a network, and the network."""
    needs = a_function(engine)
    engine.create("aws:iam/rolePolicy:RolePolicy", "n", {"name": "n", "role": "f", "policy": policy("ec2:*")})
    return {**needs, **a_network(engine)}


FUNCTIONS: Final = [
    Case(
        FUNCTION,
        lambda needs: {
            "role": needs["role"],
            "handler": "main.run",
            "runtime": "python3.13",
            "code": an_archive(main="a = 1"),
            "environment": {"variables": {"job_name": "a"}},
            "description": "watches",
            "tags": {"a": "1"},
        },
        lambda needs: {
            "architectures": ["arm64"],
            "code": an_archive(main="a = 2"),
            "description": None,
            "environment": {"variables": {"job_name": "b"}},
            "loggingConfig": {"logFormat": "JSON"},
            "memorySize": 256,
            "reservedConcurrentExecutions": 2,
            "tags": {"b": "1"},
            "timeout": 30,
        },
        (
            "architectures[0]",
            "code",
            "description",
            "environment.variables.job_name",
            "loggingConfig.logFormat",
            "memorySize",
            "reservedConcurrentExecutions",
            "tags.a",
            "tags.b",
            "timeout",
        ),
        {"name": "other"},
        _function_behind,
        ("code", "environment.variables.XY", "timeout"),
        a_function,
        unknown=("code",),
    ),
    Case(
        FUNCTION,
        lambda needs: {
            "name": "switched-off",
            "role": needs["role"],
            "handler": "main.run",
            "runtime": "python3.13",
            "code": an_archive(main="a = 1", other="b"),
            "publish": True,
            "reservedConcurrentExecutions": 0,
        },
        lambda needs: {"code": an_archive(main="a = 1"), "reservedConcurrentExecutions": None},
        ("code", "reservedConcurrentExecutions"),
        needs=a_function,
        unknown=("code", "publish", "reservedConcurrentExecutions"),
        variant="published",
    ),
    Case(
        FUNCTION,
        lambda needs: {
            "name": "private",
            "role": needs["role"],
            "handler": "main.run",
            "runtime": "python3.13",
            "code": an_archive(main="a = 1"),
            "vpcConfig": {"subnetIds": [needs["subnet"]], "securityGroupIds": [needs["group"]]},
        },
        lambda needs: {"vpcConfig": None},
        ("vpcConfig",),
        needs=_a_private_function,
        unknown=("code",),
        variant="in a network",
    ),
    Case(
        "aws:lambda/permission:Permission",
        lambda needs: {
            "action": "lambda:InvokeFunction",
            "function": needs["arn"],
            "principal": "events.amazonaws.com",
            "sourceArn": RULE,
            "sourceAccount": ACCOUNT,
        },
        lambda needs: {},
        (),
        {
            "action": "lambda:GetFunction",
            "function": "other",
            "principal": "sns.amazonaws.com",
            "sourceArn": "other",
            "sourceAccount": "other",
            "statementId": "other",
        },
        needs=a_function,
        import_id=lambda it: f"f/{it.id}",
        id=lambda it: it.outputs["statementId"],
    ),
    Case(
        "aws:lambda/eventSourceMapping:EventSourceMapping",
        lambda needs: {
            "eventSourceArn": needs["queue"],
            "functionName": needs["function"],
            "batchSize": 5,
            "functionResponseTypes": ["ReportBatchItemFailures"],
            "scalingConfig": {"maximumConcurrency": 2},
            "tags": {"a": "1"},
        },
        lambda needs: {
            "batchSize": None,
            "enabled": False,
            "functionName": needs["arn"],
            "functionResponseTypes": None,
            "maximumBatchingWindowInSeconds": 20,
            "scalingConfig": None,
            "tags": {"b": "1"},
        },
        (
            "batchSize",
            "enabled",
            "functionResponseTypes",
            "maximumBatchingWindowInSeconds",
            "scalingConfig",
            "tags.a",
            "tags.b",
        ),
        {"eventSourceArn": "arn:aws:sqs:eu-central-1:123456789012:other"},
        lambda boto, it: boto("lambda").update_event_source_mapping(UUID=it.id, BatchSize=10, Enabled=False),
        ("batchSize", "enabled"),
        a_function,
        id=lambda it: it.outputs["uuid"],
    ),
    Case(
        "aws:lambda/alias:Alias",
        lambda needs: {"functionName": needs["function"], "functionVersion": "1", "description": "ours"},
        lambda needs: {"functionName": needs["arn"], "functionVersion": "$LATEST", "description": None},
        ("description", "functionVersion"),
        {"functionName": "other", "name": "other"},
        _alias_behind,
        ("functionVersion",),
        a_version,
        import_id=lambda it: f"f/{it.outputs['name']}",
        id=lambda it: it.outputs["arn"],
    ),
    Case(
        "aws:lambda/functionUrl:FunctionUrl",
        lambda needs: {"functionName": needs["function"], "qualifier": "jobs", "authorizationType": "NONE"},
        lambda needs: {"authorizationType": "AWS_IAM"},
        ("authorizationType",),
        {"functionName": "other", "qualifier": "other"},
        lambda boto, it: boto("lambda").update_function_url_config(
            FunctionName="f", Qualifier="jobs", AuthType="AWS_IAM"
        ),
        ("authorizationType",),
        an_alias,
        id=lambda it: "f/jobs",
    ),
    Case(
        "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
        lambda needs: {"functionName": needs["arn"], "qualifier": "jobs", "maximumRetryAttempts": 0},
        lambda needs: {"destinationConfig": {"onSuccess": {"destination": needs["queue"]}}},
        ("destinationConfig",),
        {"functionName": "other", "qualifier": "other"},
        lambda boto, it: boto("lambda").put_function_event_invoke_config(
            FunctionName="f", Qualifier="jobs", MaximumRetryAttempts=2
        ),
        ("maximumRetryAttempts",),
        an_alias,
        id=lambda it: f"{it.inputs['functionName']}:jobs",
        variant="of an alias",
    ),
    Case(
        "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
        lambda needs: {
            "functionName": needs["function"],
            "maximumRetryAttempts": 0,
            "destinationConfig": {"onFailure": {"destination": needs["queue"]}},
        },
        lambda needs: {"destinationConfig": None, "maximumEventAgeInSeconds": 600, "maximumRetryAttempts": 1},
        ("destinationConfig", "maximumEventAgeInSeconds", "maximumRetryAttempts"),
        {"functionName": "other"},
        lambda boto, it: (
            boto("lambda").delete_function_event_invoke_config(FunctionName=it.id),
            boto("lambda").put_function_event_invoke_config(FunctionName=it.id, MaximumRetryAttempts=2),
        ),
        ("destinationConfig", "maximumRetryAttempts"),
        a_function,
        id=lambda it: it.outputs["functionName"],
    ),
]
