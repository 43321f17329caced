from __future__ import annotations

from bosonline.api.paths import both
from sellers.api import staff as st
from sellers.api import views as v

urlpatterns = [
    *both("auth/register", v.RegisterView.as_view()),
    *both("auth/login", v.LoginView.as_view()),
    *both("auth/refresh/", v.RefreshView.as_view()),
    *both("auth/logout", v.LogoutView.as_view()),
    *both("auth/forgot-password", v.ForgotPasswordView.as_view()),
    *both("auth/reset-password", v.ResetPasswordView.as_view()),
    *both("auth/confirm-email", v.ConfirmEmailView.as_view()),
    *both("auth/confirm-email/resend", v.ConfirmEmailAgainView.as_view()),
    *both("auth/switch-store", v.SwitchStoreView.as_view()),
    *both("auth/invitations", v.InvitationView.as_view()),
    *both("me", v.MeView.as_view()),
    *both("profile", v.ProfileView.as_view()),
    *both("profile/password", v.PasswordView.as_view()),
    *both("profile/deletion/cancel", v.DeletionCancelView.as_view()),
    *both("profile/second-factor", v.SecondFactorView.as_view()),
    *both("profile/second-factor/confirm", v.SecondFactorConfirmView.as_view()),
    *both("profile/second-factor/recovery-codes", v.RecoveryCodesView.as_view()),
    *both("sessions", v.SessionsView.as_view()),
    *both("sessions/history", v.SessionHistoryView.as_view()),
    *both("sessions/others", v.OtherSessionsView.as_view()),
    *both("sessions/<int:pk>", v.SessionView.as_view()),
    *both("stores", st.StoresView.as_view()),
    *both("store/leave", st.StoreLeaveView.as_view()),
    *both("store/hand-over", st.StoreHandOverView.as_view()),
    *both("store/staff", st.StaffListView.as_view()),
    *both("store/staff/status", st.StaffMultiStatusView.as_view()),
    *both("store/staff/<int:pk>", st.StaffView.as_view()),
    *both("store/staff/<int:pk>/status", st.StaffStatusView.as_view()),
    *both("store/invitations", st.InvitationsView.as_view()),
    *both("store/invitations/<int:pk>", st.InvitationView.as_view()),
    *both("store/invitations/<int:pk>/resend", st.InvitationResendView.as_view()),
    *both("store/roles", st.RolesView.as_view()),
    *both("store/roles/<int:pk>", st.RoleView.as_view()),
]
