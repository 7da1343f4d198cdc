// What Streamlit's own page cannot do by itself: one theme for all pages, the document's language, and its
// chrome (toolbars, uploader, menus) in the visitor's language. Words come from the server's catalogue.
(() => {
  // Streamlit keeps the chosen theme by path, so that each page would have its own: keep one for all.
  const one = (key) => (typeof key === "string" ? key.replace(/^stActiveTheme-.*?(-v\d+)?$/, "stActiveTheme-/$1") : key)
  for (const name of ["getItem", "setItem", "removeItem"]) {
    const original = Storage.prototype[name]
    Storage.prototype[name] = function (key, ...rest) {
      return original.call(this, one(key), ...rest)
    }
  }

  // Words by language; what the address says counts from the moment it changes, and is kept for the next visit.
  const all = window.orderlensWords || {}
  const tags = { en: "en", zh: "zh-CN" }
  let words = all[document.documentElement.lang.slice(0, 2)] || {}
  let watching = () => {}
  const listen = () => {
    const asked = new URLSearchParams(location.search).get("lang")
    if (!tags[asked] || document.documentElement.lang === tags[asked]) return
    document.cookie = `orderlens_lang=${asked}; path=/; max-age=31536000; samesite=lax`
    document.documentElement.lang = tags[asked]
    words = all[asked] || {}
    watching()
  }
  for (const name of ["pushState", "replaceState"]) {
    const original = history[name]
    history[name] = function (...given) {
      original.apply(this, given)
      listen()
    }
  }
  const chosen = new URLSearchParams(location.search).get("lang")
  if (tags[chosen]) document.cookie = `orderlens_lang=${chosen}; path=/; max-age=31536000; samesite=lax`

  const attributes = ["aria-label", "title", "placeholder", "data-tooltip"]
  const spoken = (text) => {
    const trimmed = text.trim()
    if (words[trimmed]) return text.replace(trimmed, words[trimmed])
    const made = trimmed.match(/^Made with (Streamlit .*)$/)
    if (made && words["Made with {name}"]) return words["Made with {name}"].replace("{name}", made[1])
    const limit = trimmed.match(/^(?:Limit )?(\d+(?:\.\d+)?[KMG]B) per file(.*)$/)
    return limit && words["per file"] ? `${words["per file"]} ${limit[1]}${limit[2]}` : null
  }
  // Only Streamlit's own parts are touched, never what the app itself wrote.
  const own = [
    "[data-testid=stElementToolbar]", "[data-testid=stFileUploader]", "[data-testid=stMainMenu]",
    "[data-testid=stMainMenuPopover]", "[data-testid=stToolbar]", "[data-testid=stStatusWidget]",
    "[data-testid=stDataFrameColumnMenu]", "[data-testid=stTooltipContent]", "[data-baseweb=popover]",
    "[data-testid=stHeader]", "[role=dialog]", "[data-testid=stSidebarHeader]",
  ].join(",")
  const visit = (root) => {
    if (root.nodeType === Node.TEXT_NODE) {
      const better = root.parentElement?.closest(own) && spoken(root.data)
      if (better && better !== root.data) root.data = better
      return
    }
    if (root.nodeType !== Node.ELEMENT_NODE) return
    const inside = root.matches(own) || root.closest(own)
    const areas = inside ? [root] : root.querySelectorAll(own)
    for (const area of areas) {
      for (const element of [area, ...area.querySelectorAll("*")]) {
        for (const name of attributes) {
          const text = element.getAttribute(name)
          const better = text && spoken(text)
          if (better && better !== text) element.setAttribute(name, better)
        }
        for (const child of element.childNodes) {
          if (child.nodeType !== Node.TEXT_NODE) continue
          const better = spoken(child.data)
          if (better && better !== child.data) child.data = better
        }
      }
    }
  }
  const watch = () => {
    watching = () => visit(document.body)
    watching()
    new MutationObserver((changes) => {
      for (const change of changes) {
        if (change.type === "characterData") visit(change.target)
        for (const node of change.addedNodes) visit(node)
      }
    }).observe(document.body, { childList: true, subtree: true, characterData: true })
  }
  document.body ? watch() : document.addEventListener("DOMContentLoaded", watch)
})()
