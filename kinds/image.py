"""The kind of a job that has an image of its own: its tag is resolved, and its task definition is made here."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from aws_facts.image_name import ImageName
from aws_facts.launch_types import LaunchType, size_problem
from components import BuildArgs, ImageTask, ImageTaskArgs
from judgements.answers import Refused
from kinds import image_names, task_place
from kinds import task_parts as arguments
from placements import parts
from placements.report import not_checked
from plan import own_images, sizes, task_parts
from plan.job_files import file_of
from settings import key_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aws_facts.launch_types import LaunchTypes
    from components import JobGroup, PlacementArgs
    from judgements.answers import Answer
    from kinds.image_names import Named
    from placements import Placement
    from placements.lookups import Lookups
    from plan import PlannedJob
    from settings import Image, Problems


@dataclass
class OwnImage:
    """A job that has an image of its own."""

    needs: ClassVar[frozenset[str]] = parts.EVERYTHING - {parts.DEFINITION}

    planned: PlannedJob
    image: Image
    log_group: str
    _digests: Sequence[Answer[str]] = field(default=(), init=False)
    _named: Mapping[Named, Answer[str]] = field(default_factory=dict, init=False)
    _uris: Sequence[str] = field(default=(), init=False)
    """The images to run, by digest if the account knows it: the job's unless it is built, then the sidecars'."""

    async def look_up(self, account: Lookups) -> None:
        """Ask which digests the images have, and whether all else exists that the job names."""
        names = [ImageName.parse(uri) for _, uri in self._images()]
        things = image_names.named(self.planned, self.image)
        self._digests, self._named = await asyncio.gather(
            asyncio.gather(*[account.image(name) for name in names]), image_names.ask(account, things)
        )

    def fit(self, placement: Placement, problems: Problems) -> PlacementArgs:
        """Return the place, whose task definition `declare` fills in. What the job names is checked."""
        images = zip(self._images(), self._digests, strict=True)
        self._uris = [_judged(where, written, digest, problems) for (where, written), digest in images]
        image_names.judge(self._named, placement.cluster_arn, problems)
        self._check_sizes(placement.launch_types, problems)
        if self.image.ephemeral_storage and LaunchType.FARGATE not in placement.launch_types:
            where = f"{file_of(self.planned.job.name)}.image.ephemeral_storage"
            problems.add_value(where, self.image.ephemeral_storage, "is only for tasks on Fargate; remove it")
        return task_place.of(placement, task_definition="", container="", passed_roles=(), log_groups=[self.log_group])

    def declare(self, group: JobGroup, place: PlacementArgs) -> PlacementArgs:
        """Declare the task definition with its roles, and return the place with them."""
        job, image = self.planned.job, self.image
        cpu, memory = own_images.sizes(job)
        build = image.build and BuildArgs(**vars(image.build))
        task = ImageTask(
            job.name,
            ImageTaskArgs(
                group=group,
                placement=place,
                image=build or self._uris[0],
                owner=job.owner,
                cpu=cpu,
                memory=memory,
                architecture=image.architecture,
                ephemeral_storage=image.ephemeral_storage,
                stop_timeout=image.stop_timeout,
                secrets=image.secrets,
                secret_keys=image.secret_keys,
                task_role_arn=image.task_role,
                statements=image.statements,
                log_mode=image.log_mode,
                sidecars=arguments.sidecars(image, self._uris if build else self._uris[1:]),
                volumes=arguments.volumes(image),
            ),
        )
        return task.place

    def _images(self) -> Sequence[tuple[str, str]]:
        """Return the place and the text of each image, the job's first unless it is built."""
        of_job = own_images.place_of_uri(self.planned.job, self.image, self.planned.where)
        file = f"{file_of(self.planned.job.name)}.image"
        named = [
            (f"{key_path(file, 'sidecars', index)}.image", one.image) for index, one in enumerate(self.image.sidecars)
        ]
        return [*([] if self.image.uri is None else [(of_job, self.image.uri)]), *named]

    def _check_sizes(self, types: LaunchTypes, problems: Problems) -> None:
        """Check the sizes of the task definition, and those with which a schedule overrides them."""
        cpu, memory = own_images.sizes(self.planned.job)
        for problem in self._size_problems(types, cpu, memory):
            problems.add(file_of(self.planned.job.name), problem)
        for schedule in self.planned.schedules:
            places = self.planned.places(schedule)
            sizes.check(self.planned.job, schedule.cpu, schedule.memory, places, types, problems)
            size = (schedule.cpu or cpu, schedule.memory or memory)
            if size == (cpu, memory) or size_problem(types, schedule.cpu, schedule.memory):
                continue  # checked already
            for problem in self._size_problems(types, *size):
                problems.add(places[0], f"{problem}; the job's own sizes are cpu {cpu} and memory {memory}")

    def _size_problems(self, types: LaunchTypes, cpu: int, memory: int) -> Iterator[str]:
        if problem := size_problem(types, cpu, memory):
            yield problem
        yield from task_parts.size_problems(self.image, cpu, memory)


def _judged(where: str, written: str, digest: Answer[str], problems: Problems) -> str:
    """Return the image to run.

    A tag of a private ECR registry is resolved to its digest, so that all runs until the next deployment are of one
    image. An image of another registry stays as it is written.
    """
    name = ImageName.parse(written)
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
