"""What the kind of requests says of a receiver, its secret and its network, and of the limits of the function."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from components import FunctionPlace
from judgements.answers import Refused, Secret
from kinds.http import ByRequest
from placements import Placement
from placements.references import Here
from settings import Http, Problems
from settings.job import Job
from tests.unit.plan.test_plan import SERVICE, build

if TYPE_CHECKING:
    from judgements.answers import Answer

PLACE = "eu-central-1:123456789012"
ARN = f"arn:aws:secretsmanager:{PLACE}:secret:fleet/jobs-AbCdEf"
KEY = f"arn:aws:kms:{PLACE}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
FLEET = {"url": "https://fleet.example.com/jobs", "secret": "fleet/jobs"}
WHERE, FILE = "scheduled-jobs:receivers.fleet", "jobs/a.py"
NETWORK = Placement(
    cluster_arn="",
    subnets=["subnet-0a"],
    security_groups=["sg-01"],
    assign_public_ip=False,
    capacity={},
    definition=None,
)
DENIED = "is not authorized to perform"
KNOWN, HERE = Secret(ARN, ""), Here("aws", "eu-central-1", "123456789012")
HTTP = Http("fleet")


@dataclass
class Account:
    """The account, with answers that the test sets."""

    secret: Answer[Secret] = KNOWN
    key: Answer[str] = ""
    place: Answer[Here] = HERE

    async def here(self) -> Answer[Here]:
        """Return where the stack is."""
        return self.place

    async def named_secret(self, _: str) -> Answer[Secret]:
        """Return the secret."""
        return self.secret

    async def key_of_secret(self, key: str) -> Answer[str]:
        """Return the key."""
        assert isinstance(self.secret, Secret)
        assert key == self.secret.key
        return self.key


def fit(
    account: Account | None = None,
    http: Http = HTTP,
    placement: Placement | None = None,
    entry: object = "rate(1 day)",
    receiver: dict[str, str] | None = None,
    **fields: Any,  # noqa: ANN401 - fields of a job
) -> tuple[FunctionPlace | None, list[str], ByRequest]:
    """Return the place of a job with this request, the messages, and the kind."""
    problems = Problems()
    fleet = {**FLEET, **(receiver or {}), **({"placement": "web"} if placement else {})}
    [planned], mistakes = build(
        {"a": entry},
        [Job(name="a", owner="data", http=http, **fields)],
        placements={"web": SERVICE},
        receivers={"fleet": fleet},
    )
    assert mistakes == []
    kind = ByRequest(planned, http, "jobs-staging")
    with closing(asyncio.new_event_loop()) as loop:  # `asyncio.run` would leave other tests without a loop
        loop.run_until_complete(kind.look_up(account or Account()))  # type: ignore[arg-type]
    place = kind.fit(placement, problems)
    told = [f"warning: {one}" for one in problems.warnings] + [f"note: {one}" for one in problems.notes]
    return place, [*map(str, problems), *told], kind


def reads(account: Account, **given: Any) -> tuple[object, list[str]]:  # noqa: ANN401 - as `fit`
    """Return the ARNs of the secret and of its key that the function may read, None for no place, and the messages."""
    place, messages, kind = fit(account, **given)
    return place and kind._reads, messages


def test_a_public_receiver() -> None:
    """A run has ended by the age of its event, the request's limit, the function's own time, and a margin."""
    place, messages, _ = fit()
    assert messages == []
    assert place == FunctionPlace(
        alias_arn="",
        log_group="/aws/lambda/jobs-staging-job-a",
        ends_within=900 + 60 + 30 + 300,
        receiver="fleet",
    )


@pytest.mark.parametrize(
    ("http", "fields", "seconds"),
    [
        (HTTP, {"timeout": "5m"}, 300),
        (HTTP, {"timeout": "29m30s"}, 1770),
        (Http("fleet", callback_within="2h"), {"timeout": "10s"}, 10 + 7200),
    ],
)
def test_how_long_a_run_may_take(http: Http, fields: dict[str, Any], seconds: int) -> None:
    """The job's `timeout` is that of the request, and after it the receiver has the time for its callback."""
    place, _, _ = fit(http=http, **fields)
    assert place is not None
    assert place.ends_within == 900 + seconds + 30 + 300


def test_time_limits() -> None:
    """A limit that the function cannot have, and two for one function, are mistakes."""
    assert fit(timeout="29m31s")[1] == [
        (
            f"{FILE}.timeout: 1771 seconds must be at most 1770: Lambda's own limit of 1800 seconds, less 30 for the "
            "function itself"
        )
    ]
    two = {"x": {"rate": "1 day", "timeout": "2m"}, "y": {"rate": "2 days", "timeout": "1m"}}
    [message] = fit(entry=two)[1]
    assert message.endswith("the schedules have 60, 120 seconds; they must be equal, for a function has one limit")


def test_callbacks_are_noted() -> None:
    """An address that the internet reaches is nothing to make in silence."""
    assert fit(http=Http("fleet", callback_within="2h"))[1] == [
        (
            f"note: {FILE}.http.callback_within: makes a public address for callbacks, at which a function refuses "
            "what does not prove its sender"
        )
    ]


def test_regions_without_urls() -> None:
    """A region may have got them since, so it is a warning; a job without callbacks needs none."""
    zurich = Account(
        Secret(ARN.replace("eu-central-1", "eu-central-2"), ""), place=replace(HERE, region="eu-central-2")
    )
    assert fit(zurich, Http("fleet", callback_within="2h"))[1][0] == (
        f"warning: {FILE}.http.callback_within: '2h': functions had no URLs in eu-central-2 when this was written, and "
        "a callback needs one; if AWS has not added them, the deployment fails"
    )
    assert fit(zurich)[1] == []


def test_a_private_receiver() -> None:
    """The function is in the placement's network, whose subnets need routes to what it calls."""
    place, messages, _ = fit(placement=NETWORK, http=Http("fleet", callback_within="2h"))
    assert place is not None
    assert (place.subnets, place.security_groups) == (["subnet-0a"], ["sg-01"])
    assert messages[1:] == [
        (
            f"note: {WHERE}.placement: requests come from a function in the subnets of 'web', which gets no public "
            "address there; the subnets need a route to Secrets Manager: a NAT gateway, or an endpoint in the VPC"
        ),
        (
            f"note: {FILE}.http.callback_within: in the subnets of 'web' it needs a route to Lambda too: a NAT "
            "gateway, or an endpoint in the VPC"
        ),
    ]


def test_a_network_without_security_groups() -> None:
    """A task would get the default group of the VPC, and a function gets none. One that the placement makes will do."""
    bare = replace(NETWORK, security_groups=[])
    assert fit(placement=bare)[1][0] == (
        "scheduled-jobs:placements.web.securityGroups: is missing: the requests to 'fleet' come from here, and a "
        "function in a VPC names its security groups, such as egress-only"
    )
    assert len(fit(placement=replace(bare, new_group_in="vpc-0a"))[1]) == 1


def test_the_key_of_the_secret() -> None:
    """The function may use a key of your own, and needs no permission for one of AWS."""
    assert reads(Account()) == ((ARN, None), [])
    assert reads(Account(Secret(ARN, "alias/aws/secretsmanager"), "")) == ((ARN, None), [])
    assert reads(Account(Secret(ARN, "alias/own"), KEY)) == ((ARN, KEY), [])


HIDDEN = Refused(DENIED, "secretsmanager:DescribeSecret")
NO_KEY = Refused(DENIED, "kms:DescribeKey")


@pytest.mark.parametrize(
    ("account", "secret", "expected"),
    [
        (Account(Refused("no such secret")), "fleet/jobs", (None, [f"{WHERE}.secret: [secret]: no such secret"])),
        (Account(Refused("no such secret")), ARN, (None, [f"{WHERE}.secret: '{ARN}': no such secret"])),
        (
            Account(Secret(ARN, "")),
            ARN.replace("AbCdEf", "GhIjKl"),
            (
                None,
                [f"{WHERE}.secret: '{ARN.replace('AbCdEf', 'GhIjKl')}': no such ARN; the one of that name is {ARN}"],
            ),
        ),
        (
            Account(),
            ARN.replace("123456789012", "210987654321"),
            (
                None,
                [
                    (
                        f"{WHERE}.secret: '{ARN.replace('123456789012', '210987654321')}': must be in the stack's "
                        "account and region, 123456789012 and eu-central-1"
                    )
                ],
            ),
        ),
        (
            Account(HIDDEN),
            ARN,
            (
                (ARN, None),
                [
                    (
                        f"warning: {WHERE}.secret: '{ARN}': existence and key not checked: the permission "
                        "secretsmanager:DescribeSecret is missing"
                    )
                ],
            ),
        ),
        (
            Account(HIDDEN),
            "fleet/jobs",
            (
                None,
                [
                    (
                        f"{WHERE}.secret: [secret]: there is no such secret, or the permission "
                        "secretsmanager:DescribeSecret is missing; write its ARN if it exists"
                    )
                ],
            ),
        ),
        (
            Account(Secret(ARN, KEY), Refused("its keyState is Disabled; must be Enabled")),
            ARN,
            ((ARN, None), [f"{WHERE}.secret: '{ARN}': its key {KEY}: its keyState is Disabled; must be Enabled"]),
        ),
        (
            Account(Secret(ARN, KEY), NO_KEY),
            ARN,
            (
                (ARN, KEY),
                [
                    (
                        f"warning: {WHERE}.secret: '{ARN}': its key {KEY} not checked: the permission "
                        "kms:DescribeKey is missing"
                    )
                ],
            ),
        ),
        (
            Account(Secret(ARN, "1234abcd-12ab-34cd-56ef-1234567890ab"), NO_KEY),
            ARN,
            (
                (ARN, KEY),
                [
                    (
                        f"warning: {WHERE}.secret: '{ARN}': its key 1234abcd-12ab-34cd-56ef-1234567890ab not checked: "
                        "the permission kms:DescribeKey is missing"
                    )
                ],
            ),
        ),
        (
            Account(Secret(ARN, "alias/own"), NO_KEY),
            ARN,
            (
                (ARN, None),
                [
                    (
                        f"{WHERE}.secret: '{ARN}': the permission kms:DescribeKey is missing, so the ARN of its key "
                        "alias/own is not known"
                    )
                ],
            ),
        ),
    ],
)
def test_what_the_account_says_of_the_secret(account: Account, secret: str, expected: object) -> None:
    """A name may be the value that somebody has pasted, so only an ARN is repeated."""
    assert reads(account, receiver={"secret": secret}) == expected
