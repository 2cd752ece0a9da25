"""template.yaml as CloudFormation would deploy it: conditions, parameters and references resolved, what SAM adds added."""

import json
import re

import yaml

# What CloudFormation says for a reference that an `Fn::If` leaves out.
ABSENT = object()
REGION, ACCOUNT, PARTITION, STACK = "cn-north-1", "123456789012", "aws-cn", "xinzheng"


class Loader(yaml.SafeLoader):
    """Dates stay texts: CloudFormation has none."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in known if tag != "tag:yaml.org,2002:timestamp"]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def text(value):
    """A scalar as CloudFormation writes it."""
    return {True: "true", False: "false"}.get(value, value) if isinstance(value, bool) else str(value)


class Deployment:
    """The template with values of its parameters. What a resource is called is learnt when it is made: `made`."""

    def __init__(self, path, parameters):
        self.template = self.read(path)
        self.resources = {}
        declared = self.template["Parameters"]
        missing = [name for name, one in declared.items() if "Default" not in one and name not in parameters]
        if missing:
            raise SystemExit(f"parameters of template.yaml without a default that the rehearsal gives none: {missing}")
        self.values = {name: parameters.get(name, one.get("Default")) for name, one in declared.items()}
        self.values |= {
            "AWS::Region": REGION,
            "AWS::AccountId": ACCOUNT,
            "AWS::Partition": PARTITION,
            "AWS::StackName": STACK,
            "AWS::URLSuffix": "amazonaws.com.cn",
            "AWS::StackId": f"arn:{PARTITION}:cloudformation:{REGION}:{ACCOUNT}:stack/{STACK}/1",
            "AWS::NoValue": ABSENT,
        }
        for name, resource in self.template["Resources"].items():
            if "Condition" not in resource or self.condition(resource["Condition"]):
                self.resources[name] = resource
        self.known = {}
        for name, resource in self.resources.items():
            self.known[name] = self._before_made(name, resource["Type"])

    @staticmethod
    def read(path):
        with open(path, encoding="utf-8") as file:
            return yaml.load(file, Loader)

    @classmethod
    def declared(cls, path):
        """The parameters of a template."""
        return cls.read(path)["Parameters"]

    def _before_made(self, name, kind):
        """What is known of a resource by its name alone."""
        if kind == "AWS::Serverless::Function":
            return {"Ref": f"{STACK}-{name}", "Arn": self.arn("lambda", f"function:{STACK}-{name}")}
        if kind == "AWS::Logs::LogGroup":
            group = self.resolve(self.resources[name]["Properties"]["LogGroupName"])
            return {"Ref": group, "Arn": self.arn("logs", f"log-group:{group}:*")}
        if kind in ("AWS::IAM::Role", "AWS::IAM::ManagedPolicy"):
            what = "role" if kind.endswith("Role") else "policy"
            arn = f"arn:{PARTITION}:iam::{ACCOUNT}:{what}/{STACK}-{name}"
            return {"Ref": arn if what == "policy" else f"{STACK}-{name}", "Arn": arn}
        return {"Ref": f"{STACK}-{name}"}

    @staticmethod
    def arn(service, rest):
        return f"arn:{PARTITION}:{service}:{REGION}:{ACCOUNT}:{rest}"

    def made(self, name, **attributes):
        self.known[name] = self.known.get(name, {}) | attributes

    def of_type(self, kind):
        return {name: one for name, one in self.resources.items() if one["Type"] == kind}

    def properties(self, name):
        return self.resolve(self.resources[name].get("Properties", {}))

    def name_given(self, resource, property):
        """The name that the template gives a resource, or one as CloudFormation makes."""
        given = self.resolve(self.resources[resource].get("Properties", {}).get(property, ABSENT))
        return f"{STACK}-{resource.lower()}-1made" if given is ABSENT else given

    def named(self, kind, arn):
        """The logical id of a resource, by its ARN."""
        return next(name for name in self.of_type(kind) if self.known[name].get("Arn") == arn)

    def condition(self, name):
        return self.holds(self.template["Conditions"][name])

    def holds(self, condition):
        ((function, argument),) = condition.items()
        match function:
            case "Fn::Equals":
                left, right = (text(self.resolve(one)) for one in argument)
                return left == right
            case "Fn::Not":
                return not self.holds(argument[0])
            case "Fn::And":
                return all(self.holds(one) for one in argument)
            case "Fn::Or":
                return any(self.holds(one) for one in argument)
            case "Condition":
                return self.condition(argument)
        raise SystemExit(f"a condition that the rehearsal does not know: {function}")

    def broken_rules(self):
        """What the template's rules say of parameters that do not go together."""
        for rule in self.template.get("Rules", {}).values():
            if "RuleCondition" not in rule or self.holds(rule["RuleCondition"]):
                yield from (one["AssertDescription"] for one in rule["Assertions"] if not self.holds(one["Assert"]))

    def resolve(self, value):
        """A value with its intrinsic functions worked out; what is absent is left out."""
        if isinstance(value, list):
            return [one for one in map(self.resolve, value) if one is not ABSENT]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((function, argument),) = value.items()
            if function == "Ref":
                return self.reference(argument)
            if function.startswith("Fn::"):
                return self._intrinsic(function, argument)
        resolved = {key: self.resolve(one) for key, one in value.items()}
        return {key: one for key, one in resolved.items() if one is not ABSENT}

    def _intrinsic(self, function, argument):
        match function:
            case "Fn::GetAtt":
                name, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
                return self.attribute(name, attribute)
            case "Fn::Sub":
                pattern, own = (argument, {}) if isinstance(argument, str) else argument
                own = {name: self.resolve(one) for name, one in own.items()}
                return re.sub(r"\$\{([^!}]+)\}", lambda found: text(self._substitute(found[1], own)), pattern)
            case "Fn::If":
                name, then, otherwise = argument
                return self.resolve(then if self.condition(name) else otherwise)
            case "Fn::Join":
                separator, parts = argument
                return separator.join(text(one) for one in self.resolve(parts))
            case "Fn::Split":
                separator, whole = argument
                return self.resolve(whole).split(separator)
            case "Fn::Select":
                place, of = argument
                return self.resolve(of)[int(self.resolve(place))]
            case "Fn::FindInMap":
                found = self.template["Mappings"]
                for step in self.resolve(argument):
                    found = found[text(step)]
                return self.resolve(found)
        raise SystemExit(f"a function of CloudFormation that the rehearsal does not know: {function}")

    def _substitute(self, name, own):
        if name in own:
            return own[name]
        return self.attribute(*name.split(".", 1)) if "." in name else self.reference(name)

    def reference(self, name):
        return self.values[name] if name in self.values else self.attribute(name, "Ref")

    def attribute(self, name, attribute):
        known = self.known.get(name)
        if known is None:
            raise SystemExit(f"template.yaml refers to {name}, which is not deployed")
        if attribute not in known:
            raise SystemExit(f"the rehearsal does not know {attribute} of {name} ({self.resources[name]['Type']})")
        return known[attribute]

    def functions(self):
        return [Function(self, name) for name in self.of_type("AWS::Serverless::Function")]

    def statements(self, role):
        """The statements of a role's policies, each with the policy that has it; without those of AWS's own policies."""
        found = []
        own = self.properties(role)
        for policy in own.get("Policies", []):
            found += [(policy["PolicyName"], one) for one in listed(policy["PolicyDocument"]["Statement"])]
        for kind in ("AWS::IAM::RolePolicy", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
            for name in self.of_type(kind):
                policy = self.properties(name)
                attached = [policy.get("RoleName"), *policy.get("Roles", [])]
                if self.known[role]["Ref"] in attached or self.known[name]["Ref"] in own.get("ManagedPolicyArns", []):
                    found += [(name, one) for one in listed(policy["PolicyDocument"]["Statement"])]
        return found


class Function:
    """A function of the template."""

    def __init__(self, deployment, name):
        resource = deployment.resources[name]
        shared = deployment.resolve(deployment.template.get("Globals", {}).get("Function", {}))
        properties = shared | deployment.properties(name)
        self.name = name
        self.binary = resource["Metadata"]["BuildProperties"]["Binary"]
        self.arn = deployment.known[name]["Arn"]
        self.timeout = properties["Timeout"]
        self.memory = properties["MemorySize"]
        variables = shared.get("Environment", {}).get("Variables", {})
        variables = variables | properties.get("Environment", {}).get("Variables", {})
        self.environment = {variable: text(value) for variable, value in variables.items()}
        self.role = deployment.named("AWS::IAM::Role", properties["Role"])
        self.log_group = properties.get("LoggingConfig", {}).get("LogGroup", "")
        events = properties.get("Events", {}).values()
        self.routes = [one["Properties"] for one in events if one["Type"] == "HttpApi"]
        self.queues = [one["Properties"] for one in events if one["Type"] == "SQS"]
        self.streams = [one["Properties"] for one in events if one["Type"] == "DynamoDB"]
        self.schedules = [one["Properties"] for one in events if one["Type"] in ("ScheduleV2", "Schedule")]

    def patterns(self, stream):
        """The filters of a stream's changes; none when all come."""
        return [json.loads(one["Pattern"]) for one in stream.get("FilterCriteria", {}).get("Filters", [])]


def listed(value):
    return value if isinstance(value, list) else [value]
