"""What IAM allows: the statements of a role, and whether they let a call pass (IAM User Guide, "Policy evaluation logic")."""

import fnmatch
import re

from deployment import listed


def like(pattern, value, ignore_case=False):
    """`*` and `?` as IAM reads them: a slash is a character like any other."""
    expression = "".join({"*": ".*", "?": "."}.get(one, re.escape(one)) for one in pattern)
    return re.fullmatch(expression, value, re.DOTALL | (re.IGNORECASE if ignore_case else 0)) is not None


OPERATORS = {
    "StringEquals": lambda wanted, value: wanted == value,
    "StringNotEquals": lambda wanted, value: wanted != value,
    "StringLike": like,
    "StringNotLike": lambda wanted, value: not like(wanted, value),
    "ArnLike": like,
    "ArnEquals": like,
    "Bool": lambda wanted, value: wanted.lower() == value.lower(),
    "NumericLessThanEquals": lambda wanted, value: float(value) <= float(wanted),
}
NEGATED = {"StringNotEquals", "StringNotLike"}


def meets(condition, context):
    """True when every line of a statement's condition holds of a call."""
    return all(
        one(operator, [str(each) for each in listed(wanted)], context.get(key.lower()))
        for operator, keys in condition.items()
        for key, wanted in keys.items()
    )


def one(operator, wanted, values):
    quantifier, _, name = operator.rpartition(":")
    if name == "Null":
        return (values is None) == (wanted[0] == "true")
    missing_passes = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    if name not in OPERATORS:
        raise SystemExit(f"a condition's operator that the rehearsal does not know: {operator}")
    if not values:
        return missing_passes or quantifier == "ForAllValues" or (name in NEGATED and not quantifier)
    combine = all if name in NEGATED else any
    holds = [combine(OPERATORS[name](each, str(value)) for each in wanted) for value in listed(values)]
    return any(holds) if quantifier == "ForAnyValue" else all(holds)


class Statement:
    """A statement of a role, which remembers what it allowed."""

    def __init__(self, policy, document):
        self.name = f"{policy}/{document.get('Sid', '?')}"
        self.allows = document["Effect"] == "Allow"
        known = {"Sid", "Effect", "Action", "Resource", "Condition"}
        if document.keys() - known:
            raise SystemExit(f"{self.name}: the rehearsal does not know {sorted(document.keys() - known)}")
        self.actions, self.resources = listed(document["Action"]), listed(document["Resource"])
        self.condition = document.get("Condition", {})
        self.used = set()

    def covers(self, access):
        return (
            any(like(action, access.action, ignore_case=True) for action in self.actions)
            and any(like(resource, access.resource) for resource in self.resources)
            and meets(self.condition, access.context)
        )


class Role:
    """The statements of a role. Whatever is not allowed is denied."""

    def __init__(self, deployment, name):
        self.name = name
        self.statements = [Statement(policy, document) for policy, document in deployment.statements(name)]

    def refuses(self, access):
        """Why a call may not pass; `None` when it may."""
        covering = [one for one in self.statements if one.covers(access)]
        denying = [one.name for one in covering if not one.allows]
        if denying:
            return f"denied by {', '.join(denying)}"
        for one in covering:
            one.used.add(access.action)
        if covering:
            return None
        return f"no statement of {self.name} allows it"

    def may(self, access):
        return self.refuses(access) is None

    def unused(self):
        """Actions of allowing statements that nothing needed."""
        for statement in self.statements:
            for action in statement.actions if statement.allows else []:
                if not any(fnmatch.fnmatchcase(used.lower(), action.lower()) for used in statement.used):
                    yield statement.name, action
