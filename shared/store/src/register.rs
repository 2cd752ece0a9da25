//! The subject register.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use xinzheng_domain::identity::subject_name::folded;
use xinzheng_domain::record::RecordSubject;
use xinzheng_domain::record::effect::{Doubt, DoubtKind};
use xinzheng_domain::record::listed_doubt::ListedDoubt;
use xinzheng_domain::{Effect, Record, SourcePosition, SubjectId, SubjectProfile, TableId, UnitCode, Uscc};

use crate::doubts;
use crate::questioned::Questioned;
use crate::table::{Item, Update, below, json, lacks, text};
use crate::{Registry, StoreError, keys};

/// The attribute of a register entry that names the unit whose register it is from.
const KEEPER: &str = "keeper";
/// The one that names the unit whose register has the code too, when there is such a one, and the position of its last row.
const ALSO: &str = "also_kept_by";
const ALSO_AT: &str = "also_kept_at";

/// The register's names of some subjects, and whose the names are that it does not have for them.
#[derive(Debug, Default)]
pub struct Names {
    registered: HashMap<Uscc, Registered>,
    /// By folded name.
    others: HashMap<String, Uscc>,
}

#[derive(Debug)]
struct Registered {
    name: String,
    folded: String,
    keeper: Option<UnitCode>,
}

impl Names {
    /// What is doubtful about the subject that a row names.
    pub fn doubt(&self, subject: &RecordSubject<'_>) -> Option<Doubt> {
        let uscc = subject.id.uscc()?;
        let name = folded(&subject.name);
        let registered = self.registered.get(&uscc);
        if registered.is_some_and(|registered| registered.folded == name) {
            return None;
        }
        match self.others.get(&name) {
            Some(other) => Some(Doubt::NameOfAnother { other: *other }),
            None => registered.map(|registered| Doubt::NameDiffers { registered: registered.name.clone() }),
        }
    }

    /// The unit whose register has a subject.
    pub fn keeper(&self, uscc: &Uscc) -> Option<UnitCode> {
        self.registered.get(uscc)?.keeper
    }
}

impl Registry {
    /// The register's entry for a subject, as of now (a consistent read); `None` when it has none. One GetItem.
    pub async fn profile(&self, id: &SubjectId) -> Result<Option<SubjectProfile<'static>>, StoreError> {
        self.get(keys::profile(id)).parsed("a register entry").await
    }

    /// Whose name the register says that this is; `None` when it is nobody's. One GetItem.
    pub async fn subject_named(&self, name: &str) -> Result<Option<Uscc>, StoreError> {
        let item = self.get(keys::subject_name(&folded(name))).item().await?;
        Ok(item.and_then(|item| Uscc::parse(item.text("uscc")?).ok()))
    }

    /// What the register knows of the subjects that rows name. One BatchGetItem for each hundred organisations; one more for
    /// each hundred names that it does not have for them, and for each hundred whose names those are.
    pub async fn names_of<'r, 'n: 'r>(
        &self,
        subjects: impl Iterator<Item = &'r RecordSubject<'n>>,
    ) -> Result<Names, StoreError> {
        let named: HashSet<(Uscc, String)> =
            subjects.filter_map(|subject| Some((subject.id.uscc()?, folded(&subject.name)))).collect();
        let mut names = Names::default();
        self.add_registered(&mut names, named.iter().map(|(uscc, _)| *uscc).collect()).await?;
        let own = |(uscc, name): &&(Uscc, String)| {
            names.registered.get(uscc).is_some_and(|registered| registered.folded == *name)
        };
        let strange: HashSet<&str> = named.iter().filter(|named| !own(named)).map(|(_, name)| name.as_str()).collect();
        let places: Vec<_> = strange.into_iter().map(keys::subject_name).collect();
        let found = self.get_all(&places).await?;
        let others: HashSet<Uscc> = found.iter().filter_map(|item| Uscc::parse(item.text("uscc")?).ok()).collect();
        let unknown = others.iter().filter(|uscc| !names.registered.contains_key(uscc)).copied().collect();
        self.add_registered(&mut names, unknown).await?;
        // Whose name it was before is no other subject's name now.
        let current = |uscc: Uscc| Some((names.registered.get(&uscc)?.folded.clone(), uscc));
        names.others = others.into_iter().filter_map(current).collect();
        Ok(names)
    }

    async fn add_registered(&self, names: &mut Names, subjects: HashSet<Uscc>) -> Result<(), StoreError> {
        let places: Vec<_> = subjects.into_iter().map(|uscc| keys::profile(&SubjectId::Organisation(uscc))).collect();
        for item in self.get_all(&places).await? {
            let profile: SubjectProfile<'static> = item.body("a register entry")?;
            let (name, keeper) = (profile.name.into_owned(), keeper(&item, KEEPER));
            let registered = Registered { folded: folded(&name), name, keeper };
            names.registered.insert(profile.uscc, registered);
        }
        Ok(())
    }

    /// Writes a row of a unit's register that stood at `position` in an upload stored at `stored_at`: the later position wins.
    /// Tells what it came to, and which other unit's register has the code as well: both find that in their lists.
    ///
    /// Two UpdateItems for what is new, three for what replaces something, two more when two registers have the code.
    pub async fn apply_registration(
        &self,
        profile: &SubjectProfile<'_>,
        sender: UnitCode,
        position: &SourcePosition,
        stored_at: Timestamp,
    ) -> Result<(Effect, Option<UnitCode>), StoreError> {
        let at = text(position.as_str());
        let name = Update::at(keys::subject_name(&folded(&profile.name)))
            .text("uscc", profile.uscc.to_string())
            .text("revision", position.as_str());
        self.update(name.when(lacks("revision").or(below("revision", at)))).await?;
        let body = json(profile, "a register entry")?;
        let filed = |also: Option<&(UnitCode, SourcePosition)>| {
            let filed = Update::at(keys::profile(&SubjectId::Organisation(profile.uscc)));
            let filed = filed.text(KEEPER, sender.to_string());
            match also {
                Some((also, at)) => filed.text(ALSO, also.to_string()).text(ALSO_AT, at.as_str()),
                None => filed.remove(ALSO).remove(ALSO_AT),
            }
        };
        let known = match self.first(filed(None), &body, position).await? {
            None => return Ok((Effect::New, None)),
            Some(known) => known,
        };
        let at = |attribute: &str| known.text(attribute).map(|text| SourcePosition::stored(text.to_owned()));
        // What the same register sent before remembers the other one, as long as that sends the code, too.
        let own = keeper(&known, KEEPER).is_none_or(|keeper| keeper.row() == sender.row());
        let (other, row) =
            if own { (keeper(&known, ALSO), at(ALSO_AT)) } else { (keeper(&known, KEEPER), at("revision")) };
        let recent = |row: &SourcePosition| row.stored_at().is_some_and(|at| doubts::stays(at, stored_at));
        let other = other.zip(row).filter(|(_, row)| recent(row));
        if let Some((other, _)) = other {
            // Whichever comes first, the later row is the one that is told.
            let latest = known.text("revision").map(|text| SourcePosition::stored(text.to_owned()));
            let latest = latest.filter(|latest| latest > position).unwrap_or_else(|| position.clone());
            let before: SubjectProfile<'_> = known.body("a register entry")?;
            let mut units = vec![other, sender];
            units.sort_unstable();
            let doubt = ListedDoubt {
                doubt: DoubtKind::TwoRegisters,
                subject: profile.uscc,
                name: if latest == *position { profile.name.to_string() } else { before.name.to_string() },
                document: None,
                other: None,
                units,
                since: latest.stored_at().unwrap_or(stored_at),
            };
            self.list_doubt(Questioned::Registration(profile.uscc), &doubt, &latest).await?;
        }
        Ok((
            self.replace_latest(TableId::Subject, filed(other.as_ref()), &known, &body, position).await?,
            other.map(|(other, _)| other),
        ))
    }

    /// Puts a record whose name is another subject's into the lists of its unit and of the register's. An UpdateItem for each.
    pub async fn list_name_of_another(
        &self,
        record: &Record<'_>,
        other: Uscc,
        keeper: Option<UnitCode>,
        position: &SourcePosition,
        stored_at: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(subject) = record.subject.id.uscc() else { return Ok(()) };
        let mut units = vec![record.unit];
        units.extend(keeper.filter(|keeper| *keeper != record.unit));
        let doubt = ListedDoubt {
            doubt: DoubtKind::NameOfAnother,
            subject,
            name: record.subject.name.to_string(),
            document: Some(record.document.to_string()),
            other: Some(other),
            units,
            since: stored_at,
        };
        self.list_doubt(Questioned::Record(record.id), &doubt, position).await
    }
}

fn keeper(item: &Item, attribute: &str) -> Option<UnitCode> {
    UnitCode::parse(item.text(attribute)?)
}
