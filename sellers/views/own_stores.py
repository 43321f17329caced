"""Stores of a person: another one, leaving one, handing one over; and the downloads that were asked for."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from bosonline import jobs
from bosonline.errors import Conflict, DomainError
from bosonline.models import BackgroundJob
from bosonline.views import job_file
from sellers import ports, queries
from sellers.forms import StoreHandOverForm, StoreNewForm
from sellers.pages import StorePage, put_errors, safe_next
from sellers.services import accounts, sessions, staff


class StoreNewPage(StorePage):
    """Open another store; also where somebody without any store lands."""

    needs_store = False

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(StoreNewForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = StoreNewForm(request.POST)
        if form.is_valid():
            try:
                store = accounts.store_open(user=self.member.user, **form.cleaned_data)
            except DomainError as exc:
                put_errors(form, exc)
            else:
                assert self.member.session is not None
                sessions.session_switch(session=self.member.session, user_id=self.member.user.pk, store_id=store.pk)
                return redirect("onboarding")
        return self._show(form, status=422)

    def _show(self, form: StoreNewForm, status: int = 200) -> HttpResponse:
        context = {"form": form, "none_yet": self.member.store is None}
        return render(self.request, "auth/store_new.html", context, status=status)


class OwnershipPage(StorePage):
    """Pengaturan › Kepemilikan: hand the store over, or leave it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(StoreHandOverForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self._people(StoreHandOverForm(request.POST))
        if form.is_valid():
            try:
                staff.store_hand_over(actor=self.member, **form.cleaned_data)
            except DomainError as exc:
                put_errors(form, exc)
            else:
                messages.success(request, _("The store has a new owner."))
                return redirect("settings-ownership")
        return self._show(form, status=422)

    def _people(self, form: StoreHandOverForm) -> StoreHandOverForm:
        own = self.member.membership
        assert own is not None
        heirs = [m for m in queries.heirs_of(own) if not m.role.is_owner]
        form.fields["staff_id"].choices = [(m.pk, f"{m.user.name} · {m.role.label}") for m in heirs]  # type: ignore[attr-defined]  # a choice field
        return form

    def _show(self, form: StoreHandOverForm, status: int = 200, error: DomainError | None = None) -> HttpResponse:
        own = self.member.membership
        assert own is not None
        form = self._people(form)
        context = {
            "form": form,
            "heirs": queries.heirs_of(own),
            "can_hand_over": self.member.is_owner and bool(form.fields["staff_id"].choices),  # type: ignore[attr-defined]  # a choice field
            "last_owner": self.member.is_owner and not queries.other_owners(own),
            "count": ports.open_work(own.pk),
            "error": error,
        }
        return render(self.request, "settings/ownership.html", context, status=status)


class StoreLeavePage(OwnershipPage):
    def post(self, request: HttpRequest) -> HttpResponse:
        heir = request.POST.get("hand_over_to", "")
        try:
            staff.store_leave(
                actor=self.member, hand_over_to=int(heir) if heir.isdecimal() and len(heir) < 19 else None
            )
        except Conflict as exc:
            return self._show(StoreHandOverForm(), status=409, error=exc)
        request.session.flush()
        messages.success(request, _("You left the store."))
        return redirect("login")


class DownloadsPage(StorePage):
    """Unduhan: one's own background work with progress; files are kept seven days."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if request.GET.get("job", "").isdecimal():
            job = jobs.job_of(job_id=int(request.GET["job"][:18]), user_id=self.member.user.pk)
            return render(request, "components/progress_bar.html", self._shown(job))
        rows = BackgroundJob.objects.filter(user=self.member.user).order_by("-id")[:50]
        return render(request, "dashboard/downloads.html", {"jobs": [self._shown(job) for job in rows]})

    def _shown(self, job: BackgroundJob) -> dict[str, object]:
        done = job.status == BackgroundJob.Status.DONE
        # an import ends without a file of its own; a download's is swept after seven days
        there = done and bool(job.file) and jobs.job_may(job, self.member)
        gone = done and not job.file
        data = {
            "id": job.pk, "title": job.filename or job.kind, "status": job.status, "progress": job.progress,
            "rows": job.rows_done, "total": job.rows_total, "message": job.error,
            "url": f"/unduhan/{job.pk}" if there else "",
            "cancel_url": reverse("download-cancel", args=[job.pk]) if job.status in jobs.RUNNABLE else "",
        }  # fmt: skip
        return {"job": data, "created_at": job.created_at, "gone": gone, "poll_url": f"/unduhan?job={job.pk}"}


class DownloadCancelPage(StorePage):
    """Cancel one's own job, then back to where it is shown."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            jobs.job_cancel(job_id=pk, user_id=self.member.user.pk)
        except Conflict as exc:
            messages.error(request, exc.message)
        else:
            messages.success(request, _("Cancelled."))
        return redirect(safe_next(request, request.POST.get("next", ""), f"{reverse('downloads')}#job-{pk}"))


class DownloadFilePage(StorePage):
    """The file of one's own finished job while the role allows it; anybody else's is 404."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        return job_file(pk, self.member)
