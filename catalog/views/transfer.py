"""The import wizard and downloads as pages."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from bosonline.errors import DomainError, NotFound
from bosonline.jobs import RUNNABLE
from bosonline.models import BackgroundJob
from catalog.exports import VIEW, catalog_download
from catalog.models import ImportRun
from catalog.services import imports
from catalog.transfer.columns import columns_for, sample_csv
from sellers.pages import StorePage

SHOWN = 200
LIST = {"products": "products", "variants": "product-variants", "inventory": "inventory"}


class ImportStartPage(StorePage):
    """Choose what to import and the file."""

    def get(self, request: HttpRequest, status: int = 200, error: str = "") -> HttpResponse:
        kinds = [k for k in ImportRun.Kind if all(self.member.may(r) for r in imports.RIGHTS[k.value])]
        if not kinds:
            self.member.require("products.edit")
        chosen = request.GET.get("kind") or request.POST.get("kind") or kinds[0].value
        context = {
            "kinds": [(k.value, k.label) for k in kinds],
            "chosen": chosen,
            "errors": [error] if error else [],
            "runs": ImportRun.objects.filter(user_id=self.member.user.pk).order_by("-id")[:10],
            "columns": [(k.value, k.label, columns_for(k.value, see_cost=self.member.may("see_cost"))) for k in kinds],
        }
        return render(request, "catalog/import_start.html", context, status=status)

    def post(self, request: HttpRequest) -> HttpResponse:
        upload = request.FILES.get("file")
        if upload is None:
            return self.get(request, 422, _("Choose a CSV or XLSX file."))
        try:
            run = imports.import_upload(actor=self.member, kind=request.POST.get("kind", ""), upload=upload)
        except DomainError as exc:
            if exc.status == 403:
                raise
            return self.get(request, 422, exc.message)
        return redirect("product-import", pk=run.pk)


class ImportRunPage(StorePage):
    """One file: map its columns, look at what would happen, import, read the report."""

    def get(self, request: HttpRequest, pk: int, error: str = "", status: int = 200) -> HttpResponse:
        run = imports.import_get(run_id=pk, actor=self.member)
        columns = [c for c in columns_for(run.kind, see_cost=self.member.may("see_cost")) if not c.readonly]
        kind = request.GET.get("show", "")
        rows = [r for r in run.report if not kind or r["kind"] == kind]
        labels = {c.name: str(c.label) for c in columns} | {"row": _("Row")}
        context = {
            "run": run,
            "steps": _steps(run),
            "columns": columns,
            "headers": [
                {"name": h, "chosen": run.mapping.get(h, ""), "sample": [row[i] for row in run.sample if i < len(row)][:3], "index": i}
                for i, h in enumerate(run.headers)
            ],
            "job": _job(run.job_id, self.member.user.pk),
            "poll_url": reverse("product-import-progress", args=[run.pk]),
            "cancel_next": reverse("product-import", args=[run.pk]),
            "rows": [_row(r, labels) for r in rows[:SHOWN]],
            "more": max(len(rows) - SHOWN, 0),
            "show": kind,
            "error": error,
            "nothing": not (run.counts.get("new") or run.counts.get("changed")),
            "list_url": reverse(LIST[run.kind]),
            "report_url": _report_url(run, self.member.user.pk),
        }  # fmt: skip
        return render(request, "catalog/import_run.html", context, status=status)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        run = imports.import_get(run_id=pk, actor=self.member)
        try:
            if request.POST.get("step") == "apply":
                imports.import_apply(run_id=pk, actor=self.member, skip_errors=request.POST.get("skip_errors") == "1")
            else:
                mapping = {h: request.POST.get(f"column-{i}", "") for i, h in enumerate(run.headers)}
                imports.import_check(run_id=pk, mapping=mapping, actor=self.member)
        except DomainError as exc:
            if exc.status in (403, 404):
                raise
            return self.get(request, pk, exc.message, 422)
        return redirect("product-import", pk=pk)


def _report_url(run: ImportRun, user_id: int) -> str:
    """Where the report lies as a file; empty while there is none."""
    done = BackgroundJob.objects.filter(pk=run.job_id or 0, user_id=user_id, status=BackgroundJob.Status.DONE).exclude(
        file=""
    )
    return reverse("download-file", args=[run.job_id]) if done.exists() else ""


class ImportSample(StorePage):
    """A small file with every column, to be filled in. It can be imported as it is."""

    def get(self, request: HttpRequest, kind: str) -> HttpResponse:
        if kind not in imports.RIGHTS:
            raise NotFound()
        for right in imports.RIGHTS[kind]:
            self.member.require(right)
        response = HttpResponse(
            sample_csv(kind, see_cost=self.member.may("see_cost")), content_type="text/csv; charset=utf-8"
        )
        response.headers["Content-Disposition"] = f'attachment; filename="contoh-{kind}.csv"'
        return response


def _steps(run: ImportRun) -> list[dict[str, Any]]:
    order = [("uploaded", _("Map columns")), ("checked", _("Check")), ("applied", _("Import"))]
    at = {"uploaded": 0, "checking": 1, "checked": 1, "applying": 2, "applied": 3, "failed": 2}[run.status]
    return [{"label": label, "done": n < at, "current": n == at, "failed": run.status == "failed" and n == at}
            for n, (_key, label) in enumerate(order)]  # fmt: skip


def _row(row: dict[str, Any], labels: dict[str, str]) -> dict[str, Any]:
    words = {
        "new": (_("New"), "go"),
        "changed": (_("Changed"), ""),
        "errors": (_("Wrong"), "loss"),
        "unchanged": (_("Unchanged"), ""),
    }
    label, tone = words[row["kind"]]
    return {
        "number": row["row"],
        "sku": row["sku"],
        "label": label,
        "tone": tone,
        "errors": [(labels.get(c, c), text) for c, texts in row.get("errors", {}).items() for text in texts],
        "notes": [(labels.get(c, c), text) for c, text in row.get("notes", {}).items()],
        "changes": [(labels.get(c, c), before, after) for c, (before, after) in row.get("changes", {}).items()],
    }


def _job(job_id: int | None, user_id: int) -> dict[str, Any] | None:
    job = BackgroundJob.objects.filter(pk=job_id, user_id=user_id).first() if job_id else None
    if job is None:
        return None
    title = _("Checking the file") if job.kind == "catalog.import.check" else _("Importing")
    return {"id": job.pk, "title": title, "status": job.status, "progress": job.progress, "rows": job.rows_done,
            "total": job.rows_total, "message": job.error,
            "cancel_url": reverse("download-cancel", args=[job.pk]) if job.status in RUNNABLE else ""}  # fmt: skip


class ImportProgress(StorePage):
    """The progress fragment; the page comes anew when the job has ended."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        run = imports.import_get(run_id=pk, actor=self.member)
        if run.status not in ("checking", "applying"):
            response = HttpResponse(status=204)
            response.headers["HX-Refresh"] = "true"
            return response
        context = {
            "job": _job(run.job_id, self.member.user.pk), "poll_url": request.path,
            "cancel_next": reverse("product-import", args=[run.pk]),
        }  # fmt: skip
        return render(request, "components/progress_bar.html", context)


class DownloadStart(StorePage):
    """Queue a download of the list's filter and show its progress."""

    right = "export"

    def get(self, request: HttpRequest, kind: str) -> HttpResponse:
        if kind not in VIEW:
            raise NotFound()
        query = QueryDict(request.GET.urlencode(), mutable=True)
        file_format = query.pop("format", ["csv"])[-1]
        job = catalog_download(actor=self.member, kind=kind, query=query, file_format=str(file_format))
        return redirect(f"{reverse('downloads')}#job-{job.pk}")
