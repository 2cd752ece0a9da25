//! What a role may do with the items of a table, by the partition keys that its policies name.

use serde_json::Value;

use crate::deployment::Deployment;
use crate::policy::Statement;

/// What a role may do with a table's items.
#[derive(Clone, Debug, Default)]
pub struct TableAccess(Vec<Rule>);

#[derive(Clone, Debug)]
struct Rule {
    allows: bool,
    actions: Vec<String>,
    /// Patterns of partition keys, in which `*` is anything; `None` when the rule is about all of them.
    keys: Option<Vec<String>>,
}

impl Rule {
    fn is_about(&self, action: &str, key: &str) -> bool {
        self.actions.iter().any(|known| known == action)
            && self.keys.as_ref().is_none_or(|patterns| patterns.iter().any(|pattern| matches(pattern, key)))
    }
}

impl TableAccess {
    /// True when the role may do this (`dynamodb:PutItem`) with the items of this partition: IAM allows what one rule allows
    /// and none denies.
    pub fn allows(&self, action: &str, key: &str) -> bool {
        let mut about = self.0.iter().filter(|rule| rule.is_about(action, key)).peekable();
        about.peek().is_some() && about.all(|rule| rule.allows)
    }

    /// Every action and pattern of keys that is allowed, of actions that write. All keys are `*`.
    pub fn writes(&self) -> Vec<(&str, &str)> {
        let allowed = self.0.iter().filter(|rule| rule.allows);
        let pairs = allowed.flat_map(|rule| {
            let patterns: Vec<&str> = match &rule.keys {
                None => vec!["*"],
                Some(patterns) => patterns.iter().map(String::as_str).collect(),
            };
            rule.actions
                .iter()
                .flat_map(move |action| patterns.clone().into_iter().map(move |key| (action.as_str(), key)))
        });
        pairs.filter(|(action, _)| WRITES.contains(action)).collect()
    }
}

/// The actions that write, or whose conditions let others write.
const WRITES: [&str; 4] =
    ["dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"];

/// True when a key is what a pattern with `*` says.
fn matches(pattern: &str, key: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == key,
        Some((front, "")) => key.starts_with(front),
        Some((front, rest)) => key.strip_prefix(front).is_some_and(|left| {
            left.char_indices().any(|(at, _)| left.get(at..).is_some_and(|behind| matches(rest, behind)))
        }),
    }
}

impl Deployment {
    /// What a role may do with the items of a table; nothing when there is no such role.
    pub fn table_access(&self, role: &str, table: &str) -> TableAccess {
        let role = self.roles().iter().find(|known| known.logical_id == role);
        let own = role.into_iter().flat_map(|role| &role.statements);
        let managed = role
            .into_iter()
            .flat_map(|role| &role.managed)
            .filter_map(|managed| self.managed_policies().iter().find(|policy| managed.names(&policy.logical_id)));
        let statements = own.chain(managed.flat_map(|policy| &policy.statements));
        TableAccess(statements.filter(|statement| is_about_table(statement, table)).map(rule).collect())
    }
}

fn is_about_table(statement: &Statement, table: &str) -> bool {
    statement.resources.iter().any(|resource| resource.names(table))
        && statement.actions.iter().any(|action| action.starts_with("dynamodb:"))
}

fn rule(statement: &Statement) -> Rule {
    let operators = ["ForAllValues:StringLike", "ForAnyValue:StringLike"];
    let keys = operators.iter().find_map(|operator| statement.condition.get(operator)?.get("dynamodb:LeadingKeys"));
    let text = |value: &Value| value.as_str().map(str::to_owned);
    Rule {
        allows: statement.allows,
        actions: statement.actions.clone(),
        keys: keys.map(|keys| match keys {
            Value::Array(keys) => keys.iter().filter_map(text).collect(),
            one => text(one).into_iter().collect(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_are_anything() {
        for (pattern, key, expected) in [
            ("UNIT#*", "UNIT#tax", true),
            ("UNIT#*", "UNITS", false),
            ("MATRIX", "MATRIX", true),
            ("MATRIX", "MATRIX#", false),
            ("*", "", true),
            ("A*C", "ABC", true),
            ("A*C", "ABD", false),
        ] {
            assert_eq!(matches(pattern, key), expected, "{pattern} {key}");
        }
    }

    #[test]
    fn what_is_denied_is_not_allowed() {
        let rule = |allows, action: &str, keys: &[&str]| Rule {
            allows,
            actions: vec![action.to_owned()],
            keys: Some(keys.iter().map(|key| (*key).to_owned()).collect()),
        };
        let access = TableAccess(vec![
            rule(true, "dynamodb:UpdateItem", &["AUDIT#*", "UNIT#*"]),
            rule(false, "dynamodb:UpdateItem", &["AUDIT#*"]),
        ]);
        assert!(access.allows("dynamodb:UpdateItem", "UNIT#tax"));
        assert!(!access.allows("dynamodb:UpdateItem", "AUDIT#tax"));
        assert!(!access.allows("dynamodb:PutItem", "UNIT#tax"));
    }
}
