"""How the app looks: light and dark, dense, fonts that have Chinese characters, no file from elsewhere."""

from typing import Any

FONTS = (
    "'Source Sans', system-ui, 'Segoe UI', 'PingFang SC', 'Hiragino Sans GB', 'Microsoft YaHei', 'Noto Sans CJK SC', "
    "'Noto Sans SC', 'WenQuanYi Micro Hei', sans-serif"
)

SHARED: dict[str, Any] = {
    "font": FONTS,
    "headingFont": FONTS,
    "baseFontSize": 15,
    "baseRadius": "8px",
    "buttonRadius": "8px",
    "linkUnderline": False,
    "showWidgetBorder": True,
    "headingFontSizes": ["26px", "21px", "17px", "15px", "14px", "13px"],
    "headingFontWeights": [700, 650, 600, 600, 600, 600],
    "metricValueFontSize": "26px",
    "metricValueFontWeight": 650,
    "paddingTop": "0",
    "paddingBottom": "3rem",
}

COLOURS: dict[str, dict[str, Any]] = {
    "light": {
        "primaryColor": "#1d4ed8",
        "backgroundColor": "#ffffff",
        "secondaryBackgroundColor": "#f1f5f9",
        "textColor": "#0f172a",
        "linkColor": "#1d4ed8",
        "borderColor": "#d5dde8",
        "dataframeHeaderBackgroundColor": "#f1f5f9",
        "dataframeBorderColor": "#e2e8f0",
        "redColor": "#dc2626",
        "greenColor": "#059669",
        "blueColor": "#1d4ed8",
        "orangeColor": "#d97706",
        "grayColor": "#64748b",
        "sidebar.backgroundColor": "#f8fafc",
        "sidebar.secondaryBackgroundColor": "#e8eef6",
    },
    "dark": {
        "primaryColor": "#3b82f6",
        "backgroundColor": "#0b1220",
        "secondaryBackgroundColor": "#172033",
        "textColor": "#e8eef6",
        "linkColor": "#7fb0ff",
        "borderColor": "#2a364b",
        "dataframeHeaderBackgroundColor": "#172033",
        "dataframeBorderColor": "#243044",
        "redColor": "#f87171",
        "greenColor": "#34d399",
        "blueColor": "#60a5fa",
        "orangeColor": "#fbbf24",
        "grayColor": "#94a3b8",
        "sidebar.backgroundColor": "#0f172a",
        "sidebar.secondaryBackgroundColor": "#1e293b",
    },
}


def theme_options() -> dict[str, Any]:
    """Return the theme as Streamlit options, so that it holds wherever the app is started."""
    options = {f"theme.{name}": value for name, value in SHARED.items()}
    for ground, colours in COLOURS.items():
        options |= {f"theme.{ground}.{name}": value for name, value in colours.items()}
    return options
