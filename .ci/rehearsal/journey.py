"""What is rehearsed: from files to a verified report, an objection to a report that it affects, and what schedules do."""

import hashlib
import pathlib
import re
import urllib.parse

from function import Failed
from people import SUBJECT, People

CORRECTS, HAS_WORK, GRANTS_REPAIR = "transport", "market-supervision", "tax"
REGISTER = "market-supervision/subject/2025-07-01/主体登记信息.xlsx"


class Journey(People):
    """The steps."""

    def run(self):
        for step in (
            self.lost_event,
            self.uploads,
            self.declarations,
            self.overnight,
            self.report,
            self.third_parties,
            self.objection,
            self.cases,
            self.notices,
            self.looks,
            self.portal,
        ):
            step()
            self.stage.carry()
        self.tell("what is kept", self.kept())

    def issue_only(self):
        """The shortest way to a report: the register, and nothing on record."""
        self.put(f"uploads/{REGISTER}", pathlib.Path("events/uploads", REGISTER).read_bytes())
        self.stage.carry()
        self.issued = self.post("/reports", self.subject, {"purpose": "financial"})
        self.stage.carry()

    def lost_event(self):
        """An upload whose event was lost is found by the first run over all uploads."""
        self.files = sorted(one for one in pathlib.Path("events/uploads").rglob("*") if one.is_file())
        self.lost = [one for one in self.files if "ecology-environment" in one.parts]
        for file in self.lost:
            self.put(f"uploads/{file.relative_to('events/uploads')}", file.read_bytes(), is_told=False)
        self.stage.tick("backfill")
        self.stage.carry()
        if len(self.receipts()) != len(self.lost):
            raise Failed("backfill does not find an upload whose event was lost")

    def uploads(self):
        """Every file of the sample comes to a receipt; one by an address that a clerk is given."""
        files = self.files
        for file in files:
            if file in self.lost:
                continue
            key, content = f"uploads/{file.relative_to('events/uploads')}", file.read_bytes()
            _, unit, table, _, name = key.split("/")
            if file.name == "限制从业.csv":
                wanted = {
                    "table": table,
                    "file": name,
                    "bytes": len(content),
                    "sha256": hashlib.sha256(content).hexdigest(),
                }
                announced = self.post("/uploads", self.clerk(unit), wanted)
                self.put_at(announced, content)
                self.announced, self.announcer = announced["id"], self.clerk(unit)
            else:
                self.put(key, content)
        self.stage.carry()
        followed = self.get(f"/uploads/{self.announced}", self.announcer)
        if followed["state"] not in ("indexed", "completed"):
            raise Failed(f"the announced upload is {followed['state']}")
        self.get("/uploads", self.announcer)
        corrected = self.upload_of("uploads/market-supervision/penalty/2025-10-15/行政处罚 更正.csv", HAS_WORK)
        self.get(f"/uploads/{corrected['id']}/effects", self.clerk(HAS_WORK))
        self.get(f"/uploads/{self.announced}/proof", self.announcer)
        self.get("/waiting-marks", self.clerk(HAS_WORK))
        returned = [one for one in self.receipts() if one.get("rejections")]
        unit = returned[0]["key"].split("/")[1]
        upload = self.upload_of(returned[0]["key"], unit)
        for form in ("csv", "xlsx"):
            self.get(f"/uploads/{upload['id']}/rejections?format={form}", self.clerk(unit), accept="*/*")
        self.get("/templates/penalty.xlsx?unit=tax", accept="*/*")
        checked = next(one for one in files if one.suffix == ".csv" and "penalty" in one.parts)
        query = urllib.parse.urlencode({"table": "penalty", "file": checked.name})
        octets = {"content-type": "application/octet-stream"}
        self.post(f"/uploads/check?{query}", self.clerk(checked.parts[2]), checked.read_bytes(), 200, headers=octets)

    def declarations(self):
        """A unit declares, and is compared."""
        clerk = self.clerk("tax")
        self.post(
            "/manifests",
            clerk,
            {"kind": "coercion", "from": "2024-03-01", "to": "2024-03-31", "count": 0, "documents": []},
        )
        found = self.get("/reconciliations", clerk)["items"][0]
        self.get(f"/reconciliations/{found['id']}", clerk)
        self.get(f"/reconciliations/{found['id']}/workbook", clerk, accept="*/*")

    def overnight(self):
        """What schedules do, beside the run over all uploads and deadlines: proofs and the log."""
        for binary in ("report", "log"):
            self.stage.tick(binary)
        self.stage.carry()
        receipts = self.receipts()
        if len(receipts) != len(self.files):
            raise Failed(f"{len(self.files)} files came to {len(receipts)} receipts")
        # Which version of its key a file is, each store says in its own way.
        told = [one | {"version": one["version"]["etag"]} for one in receipts]
        self.tell("receipts", sorted(told, key=lambda one: one["key"]))
        self.get("/backfill", self.operator)
        self.get("/backfill/matrix", self.clerk("tax"))

    def report(self):
        """A subject's report, signed, in the log, verified by code, by file and offline."""
        self.get("/records", self.subject)
        wanted = {"purpose": "financial"}
        issued = self.post("/reports", self.subject, wanted)
        self.issued = issued
        pdf = self.over_http("GET", issued["download"]["url"])
        if hashlib.sha256(pdf).hexdigest() != issued["file"]["sha256"]:
            raise Failed("the file that downloads is not the one that was issued")
        self.stage.carry()
        certificates = self.get("/.well-known/certificates.pem", accept="*/*")
        proof = self.get(f"/verify/{issued['code']}/proof", accept="*/*")
        policy = self.get("/log/policy", accept="*/*")
        for name, content in (
            ("report.pdf", pdf),
            ("certificates.pem", certificates),
            ("report.tlog-proof", proof),
            ("log.policy", policy),
        ):
            (self.folder / name).write_bytes(content)
        self.judge("report.pdf", "--log", "log.policy")
        judged = self.get(f"/verify/{issued['code']}")
        if judged["status"] != "valid":
            raise Failed(f"the report is {judged['status']}")
        self.get(f"/verify?sha256={issued['file']['sha256']}")
        self.get(f"/verify/{issued['code']}", accept="text/html")
        self.get(f"/verify/{issued['code']}", accept="application/jwt")
        self.get(f"/verify/{issued['code']}/document", status=303, accept="*/*")
        self.get(f"/verify/{issued['code']}/content", status=303, accept="*/*")
        self.post("/verify", None, {"codes": [issued["code"]], "sha256": [issued["file"]["sha256"]]}, 200)
        self.get("/verify/MNXZFA4-NFSDFDX-FJ0D61Q", status=404)
        self.get(f"/verify?sha256={'0' * 64}", status=404)
        self.get("/log/checkpoint", accept="*/*")
        self.get(f"/reports/{issued['number']}", self.subject)
        self.get(f"/reports/{issued['number']}/document", self.subject, status=303, accept="application/pdf")
        self.post(f"/reports/{issued['number']}/replay", self.operator, status=200)
        self.get("/.well-known/jwks.json")

    def third_parties(self):
        """A bank asks under a grant; whoever scans the subject's code sees its report."""
        until = (
            "2026-12-31T15:59:59Z" if self.today() < "2026-12-30" else f"{int(self.today()[:4]) + 1}-06-30T15:59:59Z"
        )
        wanted = {
            "grantee": {"name": self.bank["name"]},
            "domains": ["交通运输", "生态环境"],
            "purpose": "financial",
            "until": until,
            "uses": 3,
            "notices": True,
        }
        grant = self.post("/grants", self.subject, wanted)
        self.post("/webhooks", self.bank, {"address": "https://hooks.rehearsal.invalid/"})
        self.asked = self.post(f"/grants/{grant['code']}/reports", self.bank, {})
        self.get("/authorised-reports", self.bank)
        self.get("/grants", self.subject)
        living = self.post(
            "/living-codes", self.subject, {"minutes": 60, "domains": ["食品"], "purpose": "commercial"}
        )
        self.get(f"/living/{living['code']}")
        self.post(f"/living-codes/{living['code']}/end", self.subject, status=200)
        self.get(f"/living/{living['code']}", status=403)

    def objection(self):
        """An objection is upheld: the report that was issued is affected, and its holder is told."""
        record = self.record(CORRECTS, "penalty")
        wanted = {
            "record": record["id"],
            "contested": "record",
            "reasons": "处罚内容与决定书不一致（虚构）。",
            "attachments": [self.attachment("说明.pdf")],
        }
        made = self.post("/objections", self.subject, wanted)
        self.get(
            f"/objections/{made['id']}/attachments/{made['attachments'][0]['id']}", self.clerk(CORRECTS), status=303
        )
        path = f"/objections/{made['id']}"
        self.get(path, self.clerk(CORRECTS))
        self.get("/objections", self.clerk(CORRECTS))
        self.post(f"{path}/acceptance", self.clerk(CORRECTS), status=200, etag=self.etag_of(path, self.clerk(CORRECTS)))
        correction = {"details": {"content": "责令改正；处罚内容以决定书原件为准（已更正）。"}}
        decision = {"outcome": "upheld", "reason": "报送内容有误，予以更正（虚构）。", "correction": correction}
        self.post(
            f"{path}/decision", self.clerk(CORRECTS), decision, 200, etag=self.etag_of(path, self.clerk(CORRECTS))
        )
        self.stage.carry()
        judged = self.get(f"/verify/{self.issued['code']}")
        if judged["status"] != "affected":
            raise Failed(f"the record was corrected, and the report is {judged['status']}")
        self.get("/reports", self.subject)
        self.get(f"/records/{record['id']}/history", self.clerk(CORRECTS))
        again = self.post("/reports", self.subject, {"purpose": "financial"})
        self.stage.carry()
        if self.get(f"/verify/{again['code']}")["status"] != "valid":
            raise Failed("the new report is not valid")
        self.get(f"/reports/{again['number']}?reason=case", self.operator)
        self.post(
            f"/reports/{again['number']}/withdrawal",
            self.operator,
            {"reason": "演练（虚构）。"},
            200,
            etag=self.last["etag"],
        )

    def cases(self):
        """Repair, commitment, feedback, an open objection."""
        repaired = self.record(GRANTS_REPAIR, "coercion")
        wanted = {
            "record": repaired["id"],
            "proof": "已履行全部义务（虚构）。",
            "commitment": "今后依法诚信经营（虚构）。",
        }
        applied = self.post("/repairs", self.subject, wanted)
        clerk = self.clerk(GRANTS_REPAIR)
        self.get(f"/repairs/{applied['id']}", clerk)
        decision = {
            "outcome": "granted",
            "reason": "准予修复（虚构）。",
            "repair": {"document": "晋虚税信〔2026〕801号", "date": self.today()},
        }
        self.post(f"/repairs/{applied['id']}/decision", clerk, decision, 200, etag=self.last["etag"])
        promised = self.post(
            "/commitments",
            self.subject,
            {"domain": "烟草专卖", "text": "本单位承诺不经营虚构的非法卷烟。", "until": self.hence(180)[:10]},
        )
        self.get(f"/commitments/{promised['id']}", self.subject)
        self.post(
            f"/commitments/{promised['id']}/steps",
            self.clerk(promised["unit"]),
            {"outcome": "checked", "evidence": "现场检查（虚构）。"},
            200,
            etag=self.last["etag"],
        )
        question = self.post("/feedback", None, {"kind": "enquiry", "text": "报告可以只选一个领域吗？（虚构）"})
        self.post(
            f"/feedback/{question['code']}/answer",
            self.operator,
            {"text": "可以。", "publish": True},
            200,
            etag=self.last["etag"],
        )
        self.get(f"/feedback/{question['code']}")
        self.get("/questions")
        self.post(
            "/objections",
            self.subject,
            {
                "record": self.record(HAS_WORK, "penalty")["id"],
                "contested": "record",
                "reasons": "有出入（虚构）。",
                "attachments": [],
            },
        )
        self.stage.tick("oversight")
        self.get("/escalations", self.operator)

    def notices(self):
        """What was told without being asked."""
        told = self.get("/notices", self.subject)
        self.get("/notices", self.bank)
        self.post("/notices/seen", self.subject, {"through": told["items"][0]["number"]}, 200)
        webhook = self.get("/webhooks", self.bank)["items"][0]
        self.post(f"/webhooks/{webhook['id']}/test", self.bank, status=200)

    def looks(self):
        """What the platform sees."""
        self.get("/access-log", self.subject)
        self.post("/subjects/identification", self.operator, {"subject": SUBJECT, "reason": "enquiry"}, 200)
        for what in ("records", "reports", "grants", "objections", "repairs", "commitments"):
            self.get(f"/subjects/{SUBJECT}/{what}?reason=enquiry", self.operator)
        self.get(f"/records/search?unit=tax&subject={SUBJECT}&reason=case", self.operator)
        months = f"from={self.today()[:7]}&to={self.today()[:7]}"
        self.get(f"/timeliness?{months}", self.operator)
        self.get(f"/evaluation?{months}", self.operator)
        self.post("/evaluation/recount", self.operator, {"from": self.today(), "to": self.today()}, 200)
        self.get("/config/calendar")
        self.get("/config/report-template", self.operator)
        self.get("/reports", self.operator, status=403)

    def portal(self):
        """Pages, of which some ask the HTTP API."""
        for page in ("/", "/portal/guide", "/portal/questions", "/portal/domains"):
            self.get(page, accept="text/html")
        self.sign_in()

    def sign_in(self):
        """A subject signs in, looks at its reports, and signs out: the session opens nothing any more."""
        html = {"accept": "text/html"}
        page = "/portal/my/reports"
        self.get(page, accept="text/html", status=303)
        self.get(self.last["location"], status=303, accept="text/html")
        back = self.issuer.signs_in(self.last["location"], self.subject)
        begun = self.cookies()
        self.get(f"/portal/callback?{back}", status=303, headers=html | {"cookie": begun})
        session = self.cookies()
        shown = self.get(page, headers=html | {"cookie": session}).decode()
        if self.issued["number"] not in shown:
            raise Failed("the subject's report is not on its page")
        form = urllib.parse.urlencode({"csrf": re.search(r'name="csrf" value="([^"]+)"', shown)[1]}).encode()
        origin = self.services.deployment.reference("PortalOrigin")
        sent = html | {"cookie": session, "origin": origin, "content-type": "application/x-www-form-urlencoded"}
        self.post("/portal/sign-out", None, form, 303, headers=sent)
        self.get(page, status=303, headers=html | {"cookie": session})
