//! Cases: an objection, an application for repair, a commitment, guarded by who may look at them.

use xinzheng_api::Endpoint;
use xinzheng_api::commitment::CommitmentPath;
use xinzheng_api::objection::{ObjectionAttachmentPath, ObjectionPath};
use xinzheng_api::parameter::{Parameter, Parameters};
use xinzheng_api::repair::{RepairAttachmentPath, RepairPath};
use xinzheng_domain::audit::{Action, LookReason};
use xinzheng_domain::case::commitment::{Commitment, CommitmentId};
use xinzheng_domain::case::objection::{Objection, ObjectionId};
use xinzheng_domain::case::repair_application::{RepairApplication, RepairApplicationId};
use xinzheng_domain::{SubjectId, UnitCode};
use xinzheng_runtime::problem::UNIT_NOT_YOURS;
use xinzheng_runtime::{HttpRequest, Official, Operator, Party, Problem, Subject, Unit};
use xinzheng_store::{Registry, StoreError, Whose};

use crate::App;

/// Something that a subject, a unit and the platform have to do with.
pub(crate) trait Case: Sized {
    type Id: Parameter;

    /// One GetItem.
    async fn load(registry: &Registry, id: &Self::Id) -> Result<Option<Self>, StoreError>;

    /// Its id, as it is written.
    fn id(&self) -> String;

    /// Whose it is.
    fn subject(&self) -> SubjectId;

    /// The unit, or county office, that decides or tracks it.
    fn unit(&self) -> UnitCode;
}

impl Case for Objection {
    type Id = ObjectionId;

    async fn load(registry: &Registry, id: &ObjectionId) -> Result<Option<Self>, StoreError> {
        registry.objection(id).await
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn subject(&self) -> SubjectId {
        self.subject
    }

    fn unit(&self) -> UnitCode {
        self.unit
    }
}

impl Case for RepairApplication {
    type Id = RepairApplicationId;

    async fn load(registry: &Registry, id: &RepairApplicationId) -> Result<Option<Self>, StoreError> {
        registry.repair_application(id).await
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn subject(&self) -> SubjectId {
        self.subject
    }

    fn unit(&self) -> UnitCode {
        self.unit
    }
}

impl Case for Commitment {
    type Id = CommitmentId;

    async fn load(registry: &Registry, id: &CommitmentId) -> Result<Option<Self>, StoreError> {
        registry.commitment(id).await
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn subject(&self) -> SubjectId {
        self.subject
    }

    fn unit(&self) -> UnitCode {
        self.unit
    }
}

/// Who looks at cases.
pub(crate) trait Onlooker {
    /// True for the subject whose it is, the unit that decides it and its municipal unit, and the platform.
    fn may_see(&self, case: &impl Case) -> bool;
}

impl Onlooker for Subject {
    fn may_see(&self, case: &impl Case) -> bool {
        self.id == case.subject()
    }
}

impl Onlooker for Unit {
    fn may_see(&self, case: &impl Case) -> bool {
        self.code.may_change(case.unit())
    }
}

impl Onlooker for Operator {
    fn may_see(&self, _: &impl Case) -> bool {
        true
    }
}

impl Onlooker for Party {
    fn may_see(&self, case: &impl Case) -> bool {
        match self {
            Self::Subject(subject) => subject.may_see(case),
            Self::Unit(unit) => Unit { code: *unit }.may_see(case),
            Self::Platform => true,
        }
    }
}

/// A case, and who asks for it: it exists, and they may see it.
pub(crate) struct Guarded<C, W> {
    pub(crate) case: C,
    pub(crate) caller: W,
}

impl<C: Case, W: Onlooker> Guarded<C, W> {
    /// Who makes the request, and the case that its path names. Another's is as unknown as one that does not exist. One GetItem.
    pub(crate) async fn of<'r, P, Q, B, A>(
        app: &App,
        request: &'r HttpRequest,
        endpoint: &Endpoint<P, Q, B, A>,
    ) -> Result<Self, Problem>
    where
        P: Parameters + Names<C>,
        W: TryFrom<&'r HttpRequest, Error = Problem>,
    {
        let caller = W::try_from(request)?;
        let path = request.path_of(endpoint)?;
        let case = C::load(&app.registry, path.id()).await?;
        let case = case.filter(|case| caller.may_see(case)).ok_or(C::Id::UNREADABLE)?;
        Ok(Self { case, caller })
    }
}

impl<C: Case> Guarded<C, Party> {
    /// Notes with the subject that somebody else looked at its case. One PutItem; none for the subject itself.
    pub(crate) async fn note_read(&self, app: &App, request: &HttpRequest, action: Action) -> Result<(), Problem> {
        if !matches!(self.caller, Party::Subject(_)) {
            let (subject, actor, object) = (self.case.subject(), request.actor(&app.address_key), self.case.id());
            let by = (&actor, app.clock.now());
            app.registry.note_seen(&subject, by, (action, &object), LookReason::Case).await?;
        }
        Ok(())
    }
}

/// Notes that a unit or the platform looked at a list of subjects' cases. One PutItem; none for a subject, whose own they are.
pub(crate) async fn note_list(app: &App, party: &Party, request: &HttpRequest, action: Action) -> Result<(), Problem> {
    let official = match party {
        Party::Subject(_) => return Ok(()),
        Party::Unit(unit) => Official::Unit(*unit),
        Party::Platform => Official::Platform,
    };
    official.note_read(&app.registry, (&request.actor(&app.address_key), app.clock.now()), action, "cases").await
}

/// A path that names a case.
pub(crate) trait Names<C: Case> {
    /// The case's id.
    fn id(&self) -> &C::Id;
}

impl Names<Objection> for ObjectionPath {
    fn id(&self) -> &ObjectionId {
        &self.id
    }
}

impl Names<Objection> for ObjectionAttachmentPath {
    fn id(&self) -> &ObjectionId {
        &self.id
    }
}

impl Names<RepairApplication> for RepairPath {
    fn id(&self) -> &RepairApplicationId {
        &self.id
    }
}

impl Names<RepairApplication> for RepairAttachmentPath {
    fn id(&self) -> &RepairApplicationId {
        &self.id
    }
}

impl Names<Commitment> for CommitmentPath {
    fn id(&self) -> &CommitmentId {
        &self.id
    }
}

/// Whose cases a party lists: a subject its own, a unit those that it or an office of its decides, the platform those of the unit
/// that it names.
pub(crate) fn whose(party: &Party, named: Option<UnitCode>) -> Result<Whose, Problem> {
    Ok(match party {
        Party::Subject(subject) if named.is_none() => Whose::Subject(subject.id),
        Party::Subject(_) => return Err(UNIT_NOT_YOURS.into()),
        Party::Unit(unit) => Whose::Unit(Official::Unit(*unit).unit(named)?),
        Party::Platform => Whose::Unit(Official::Platform.unit(named)?),
    })
}
