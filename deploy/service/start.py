"""The writes of a rollout: a revision, an update, and the withdrawal of a failed first release.

None is done twice because its reply got lost: what is there is looked up first.
"""

from dataclasses import dataclass
from typing import Any

from deploy.errors import ToolError
from deploy.events import Note
from deploy.service.definition import check
from deploy.service.describe import describe_services, read_definition
from deploy.service.diff import Definition, same
from deploy.service.effects import Effects, reply_lost
from deploy.service.plan import ServicePlan, primary_of, revision
from deploy.target import Target

LOOKUPS = 5  # a second apart, until my deployment can be read


@dataclass(frozen=True)
class Start:
    """How one plan is started. `resume` is the command that carries on with it."""

    plan: ServicePlan
    target: Target
    effects: Effects
    resume: str

    @property
    def service(self) -> str:
        return self.target.services[self.plan.name].service

    def revision(self) -> str:
        """Return the ARN of the revision to roll out, registered now unless it is there.

        Raises ConfigError before the write, and ToolError if ECS refuses it.
        """
        if not self.plan.register:
            return self.plan.definition_arn
        check(self.plan.request)
        try:
            reply = self.effects.ecs.register_task_definition(**self.plan.request)
        except Exception as error:
            latest = self._registered() if reply_lost(error) else None
            if latest is None:
                raise _refused("the task definition", error) from error
            reply = {"taskDefinition": latest}
        return str(reply["taskDefinition"]["taskDefinitionArn"])

    def _registered(self) -> Definition | None:
        latest = read_definition(self.effects.ecs, self.plan.request["family"])
        return latest if latest and same(latest, self.plan.request) else None

    def deployment(self, arn: str) -> Definition:
        """Return my deployment, as DescribeServices has it: the one to follow, or a new one.

        Raises ToolError if ECS refuses the update or no deployment can be found.
        """
        return self._followed() if self.plan.follow else self._update(arn)

    def _followed(self) -> Definition:
        for entry in self.describe().get("deployments", []):
            if entry["id"] == self.plan.follow:
                return dict(entry)
        raise ToolError(
            f"the rollout {self.plan.follow} ended before it could be followed",
            remedy=f"run `{self.resume}` again",
        )

    def _update(self, arn: str) -> Definition:
        reply = self._send(arn)
        if reply is None:
            note = "the reply to UpdateService was lost: looking whether it came through"
            self.effects.emit(Note(note, "warning"))
            found = self._lookup(arn)
            reply = {"deployments": [found]} if found else self._send(arn)
        primary = primary_of(reply or {})
        return primary if primary.get("taskDefinition") == arn else self._found(arn)

    def _send(self, arn: str) -> Definition | None:
        """Return the service as UpdateService replies, or None if its reply was lost."""
        wanted: dict[str, Any] = {"taskDefinition": arn}
        if self.plan.desired_count is not None:
            wanted["desiredCount"] = self.plan.desired_count
        if self.plan.load_balancers:
            wanted["loadBalancers"] = [dict(entry) for entry in self.plan.load_balancers]
        if self.plan.force:
            wanted["forceNewDeployment"] = True
        try:
            reply = self.effects.ecs.update_service(
                cluster=self.target.cluster, service=self.service, **wanted
            )
        except Exception as error:
            if reply_lost(error):
                return None
            raise _refused("the update of the service", error) from error
        service: Definition = reply["service"]
        return service

    def _found(self, arn: str) -> Definition:
        found = self._lookup(arn)
        if found is None:
            raise ToolError(
                f"no deployment of {revision(arn)} can be found after the update",
                remedy=f"somebody may deploy as well; look, then run `{self.resume}` again",
            )
        return found

    def _lookup(self, arn: str) -> Definition | None:
        """Return the new deployment of `arn`, whose id is not the one before; None = none came."""
        for attempt in range(LOOKUPS):
            if attempt:
                self.effects.sleep(1.0)
            try:
                primary = primary_of(self.describe())
            except Exception as error:
                if not reply_lost(error):
                    raise
                continue
            if primary.get("taskDefinition") == arn and primary["id"] != self.plan.primary:
                return primary
        return None

    def describe(self) -> Definition:
        """Return the service's entry in DescribeServices; empty if it is missing."""
        found = describe_services(self.effects.ecs, self.target.cluster, [self.service])
        return found.get(self.service, {})

    def withdraw(self) -> None:
        """Scale a failed first release to zero, back on the definition that Terraform made.

        Where the container's port moved, that definition no longer fits: then only to zero.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        back = self.plan.running_arn and not self.plan.load_balancers
        wanted = {"taskDefinition": self.plan.running_arn} if back else {}
        try:
            self.effects.ecs.update_service(
                cluster=self.target.cluster, service=self.service, desiredCount=0, **wanted
            )
        except (BotoCoreError, ClientError) as error:
            self.effects.emit(Note(f"could not scale {self.plan.name} to zero: {error}", "warning"))


def _refused(what: str, error: Exception) -> Exception:
    from botocore.exceptions import BotoCoreError, ClientError

    if not isinstance(error, ClientError | BotoCoreError):
        return error
    remedy = "the message names the permission or the resource that is missing"
    return ToolError(f"ECS did not take {what}: {error}", remedy=remedy)
