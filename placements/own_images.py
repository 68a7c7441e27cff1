"""Looks up the images of jobs that have one of their own, and resolves their tags to digests."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aws_facts.image_name import ImageName
from judgements.answers import Refused
from placements.lookups import Lookups
from placements.report import not_checked
from plan.own_images import place_of_uri

if TYPE_CHECKING:
    from collections.abc import Iterable

    from judgements.answers import Answer
    from plan import PlannedJob
    from settings import Problems


async def look_up_images(planned: Iterable[PlannedJob], problems: Problems) -> dict[str, str]:
    """Return which image each job with an image of its own runs, by the job's name.

    A tag of a private ECR registry is resolved to its digest, so that all runs until the next deployment are of one
    image. An image of another registry stays as it is written.
    """
    lookups = Lookups()
    images = [
        (one.job.name, place_of_uri(one.job, one.image, one.where), ImageName.parse(one.image.uri))
        for one in planned
        if one.image is not None
    ]
    answers = await asyncio.gather(*[lookups.image(image) for *_, image in images])
    return {
        job: _judged(where, image, answer, problems)
        for (job, where, image), answer in zip(images, answers, strict=True)
    }


def _judged(where: str, name: ImageName, digest: Answer[str], problems: Problems) -> str:
    """Return the image to run: by its digest if the account knows it."""
    written = str(name)
    if name.ecr is None:
        if name.tag:
            problems.note(where, f"{written} is not in ECR, so its tag is read at each launch; a digest pins it")
        return written
    if isinstance(digest, Refused):
        if digest.permission is None:
            problems.add_value(where, written, str(digest))
        else:
            problems.warn(where, written, not_checked("existence and digest", digest))
        return written
    if name.tag:
        problems.note(where, f"the tag {name.tag} is {digest} now")
    return name.at(digest)
