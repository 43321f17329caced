from __future__ import annotations

from bosonline.api.paths import both
from sellers.api import views as v

urlpatterns = [
    *both("auth/register", v.RegisterView.as_view()),
    *both("auth/login", v.LoginView.as_view()),
    *both("auth/refresh/", v.RefreshView.as_view()),
    *both("auth/logout", v.LogoutView.as_view()),
    *both("me", v.MeView.as_view()),
]
