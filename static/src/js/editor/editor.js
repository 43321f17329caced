document.documentElement.dataset.editor = "on";
