"""Operations that set the keys of log groups and tables, and that moto lacks or does not check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.dynamodb.models import dynamodb_backends
from moto.logs.models import logs_backends

from emulator.gateway.gateway import AwsError, Call, Gateway
from emulator.iam import keys
from emulator.iam.policy_evaluation import Request

if TYPE_CHECKING:
    from collections.abc import Mapping


def install(gateway: Gateway) -> None:
    """Check the keys of log groups, and let log groups and tables change their keys."""
    gateway.check("logs", "CreateLogGroup", _check_key_of_log)
    gateway.check("logs", "AssociateKmsKey", _check_key_of_log)
    gateway.answer("logs", "AssociateKmsKey", _associate)
    gateway.answer("logs", "DisassociateKmsKey", _associate)
    gateway.check("dynamodb", "UpdateTable", _encrypt_table)


def _check_key_of_log(call: Call) -> None:
    """Refuse a key whose policy does not let CloudWatch Logs encrypt this log group.

    CloudWatch Logs User Guide, "Encrypt log data in CloudWatch Logs using AWS KMS".
    """
    key = call.params.get("kmsKeyId")
    if not key:
        return
    arn = f"arn:{call.partition}:logs:{call.region}:{call.account}:log-group:{call.params['logGroupName']}"
    for action in ("kms:Encrypt", "kms:Decrypt"):
        asked = Request(action, key, {"kms:EncryptionContext:aws:logs:arn": arn})
        try:
            keys.let_service(f"logs.{call.region}.amazonaws.com", asked)
        except AwsError as refusal:
            message = f"The specified KMS key does not exist or is not allowed to be used with Arn '{arn}'"
            raise AwsError("InvalidParameterException", f"{message}: {refusal.message}") from refusal


def _associate(call: Call) -> Mapping[str, Any]:
    groups = logs_backends[call.account][call.region].groups
    name = call.params["logGroupName"]
    if name not in groups:
        raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
    groups[name].kms_key_id = call.params.get("kmsKeyId")
    return {}


def _encrypt_table(call: Call) -> None:
    wanted = call.params.get("SSESpecification")
    table = dynamodb_backends[call.account][call.region].tables.get(call.params["TableName"])
    if wanted is not None and table is not None:
        table.sse_specification = dict(wanted)
