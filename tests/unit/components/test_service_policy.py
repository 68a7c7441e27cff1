"""What the owner of a service that runs jobs must allow."""

from __future__ import annotations

from components.service_policy import claim_runs, take_work, tell
from tests import iam_linter

QUEUE = "arn:aws:sqs:eu-central-1:111122223333:jobs-staging-work-web"
CLAIMS = "arn:aws:dynamodb:eu-central-1:111122223333:table/jobs-staging-claims"
WATCH = "arn:aws:lambda:eu-central-1:111122223333:function:jobs-staging-watch"
KEY = "arn:aws:kms:eu-central-1:111122223333:key/1234"
TAKE = {
    "Sid": "TakeWork",
    "Effect": "Allow",
    "Action": ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"],
    "Resource": QUEUE,
}
CLAIM = {
    "Sid": "KeepClaims",
    "Effect": "Allow",
    "Action": ["dynamodb:GetItem", "dynamodb:UpdateItem"],
    "Resource": CLAIMS,
}
TELL = {"Sid": "TellTheWatch", "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": WATCH}


def use_key(*services: str) -> dict[str, object]:
    """Return the statement about the key."""
    via = [f"{one}.eu-central-1.amazonaws.com*" for one in services]
    return {
        "Sid": "UseKey",
        "Effect": "Allow",
        "Action": "kms:Decrypt",
        "Resource": KEY,
        "Condition": {"StringLike": {"kms:ViaService": via if len(via) > 1 else via[0]}},
    }


def test_a_worker_takes_claims_and_tells() -> None:
    """Of the queue and the table it may do no more than the library does."""
    assert take_work(queue_arn=QUEUE, claims_arn=CLAIMS, watch_arn=WATCH) == [TAKE, CLAIM, TELL]
    with_key = take_work(queue_arn=QUEUE, claims_arn=CLAIMS, watch_arn=WATCH, kms_key_arn=KEY)
    assert with_key == [TAKE, CLAIM, TELL, use_key("dynamodb", "sqs")]
    assert iam_linter.mistakes({"Version": "2012-10-17", "Statement": with_key}) == []


def test_a_process_claims_and_tells() -> None:
    """There is no queue; with a store of its own, it only tells."""
    assert claim_runs(claims_arn=CLAIMS, watch_arn=WATCH) == [CLAIM, TELL]
    with_key = claim_runs(claims_arn=CLAIMS, watch_arn=WATCH, kms_key_arn=KEY)
    assert with_key == [CLAIM, TELL, use_key("dynamodb")]
    assert tell(WATCH) == TELL
