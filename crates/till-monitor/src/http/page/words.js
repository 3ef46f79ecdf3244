// The page's own words. Titles of problems come from the monitor; sentences of tills as they said them.
const WORDS = {
  ru: {
    skip: "К содержанию", title: "Кассы", views: "Виды", problems: "Проблемы", tills: "Все кассы", search: "Поиск",
    group: "Группы", "by-problem": "по проблеме", "by-store": "по магазину", severity: "Важность", all: "все",
    critical: "критично", warning: "предупреждение", unknown: "неизвестно", ok: "в порядке", closed: "закрыто", off: "не в работе",
    sort: "Порядок", longest: "давние сначала", newest: "новые сначала", "by-name": "по имени", csv: "CSV", state: "Состояние", "all-stores": "все",
    "no-problems": "Проблем нет.", "none-found": "Ничего не найдено.", close: "Закрыть", store: "Магазин", "no-store": "Без магазина",
    whole: "весь магазин", "show-all": "Показать все", "of": "из", lost: "нет связи с монитором с", address: "Адрес", type: "Тип",
    heard: "Последний ответ", never: "никогда", latency: "Время ответа", kkt: "ККТ", devices: "Устройства", version: "Версия службы",
    clock: "Часы кассы", polls: "Запросов", failed: "без ответа", history: "Последние часы", answered: "Ответы, %", ofd: "Не отправлено в ОФД",
    paper: "Бумага", vision: "SuperMag Vision", receipt: "Чек открыт", "latency-chart": "Самый долгий ответ, мс", lacking: "касса этого не сообщает",
    unasked: "ещё не спрошено", values: "Что говорит касса", since: "с", tags: "Метки",
    last_receipt_time: "Активность в чеке", downtime: "Последний чек закрыт", user_role_id: "Роль пользователя", weight: "Вес",
    yes: "есть", no: "нет", "no-receipt": "чек не открыт", "open-receipt": "чек открыт", nobody: "никто не вошёл", kg: "кг", ms: "мс",
    max: "макс.", now: "сейчас", "hours-ago": "6 ч назад", loading: "Загрузка…", gone: "Такой кассы больше нет в списке.", failure: "Почему не отвечает",
    scale: "весы", online: "на связи", up: "на связи", down: "нет связи", stale: "не отвечает", "not-connected": "не подключено", busy: "занято",
    refused: "отвечает ошибкой", starting: "запускается", paused: "опрос приостановлен", "not-configured": "не настроено",
    "bad-lines": "Строки списка касс, которые не прочитаны", line: "строка", "search-keys": "клавиша / — к поиску, Enter — к найденному, Escape — стереть",
  },
  en: {
    skip: "Skip to content", title: "Tills", views: "Views", problems: "Problems", tills: "All tills", search: "Search",
    group: "Groups", "by-problem": "by problem", "by-store": "by store", severity: "Severity", all: "all",
    critical: "critical", warning: "warning", unknown: "unknown", ok: "fine", closed: "closed", off: "not in use",
    sort: "Order", longest: "longest first", newest: "newest first", "by-name": "by name", csv: "CSV", state: "State", "all-stores": "all",
    "no-problems": "No problems.", "none-found": "Nothing found.", close: "Close", store: "Store", "no-store": "No store",
    whole: "the whole store", "show-all": "Show all", "of": "of", lost: "no connection to the monitor since", address: "Address", type: "Type",
    heard: "Last answer", never: "never", latency: "Answer took", kkt: "KKT", devices: "Devices", version: "Service version",
    clock: "The till's clock", polls: "Requests", failed: "not answered", history: "Last hours", answered: "Answers, %", ofd: "Not sent to the OFD",
    paper: "Paper", vision: "SuperMag Vision", receipt: "Receipt open", "latency-chart": "Slowest answer, ms", lacking: "this till does not tell it",
    unasked: "not asked yet", values: "What the till says", since: "since", tags: "Tags",
    last_receipt_time: "Activity in the receipt", downtime: "Last receipt closed", user_role_id: "User's role", weight: "Weight",
    yes: "yes", no: "none", "no-receipt": "no receipt is open", "open-receipt": "a receipt is open", nobody: "nobody is signed in", kg: "kg", ms: "ms",
    max: "max", now: "now", "hours-ago": "6 h ago", loading: "Loading…", gone: "This till is not in the list any more.", failure: "Why it does not answer",
    scale: "scale", online: "online", up: "up", down: "down", stale: "silent", "not-connected": "not connected", busy: "busy",
    refused: "answers with an error", starting: "starting", paused: "paused", "not-configured": "not configured",
    "bad-lines": "Lines of the list of tills that could not be read", line: "line", "search-keys": "the key / goes to the search, Enter to what is found, Escape clears it",
  },
};

const asked = new URLSearchParams(location.search).get("lang");
const known = (name) => Object.hasOwn(WORDS, name);
export const lang = known(asked) ? asked : (navigator.languages ?? []).map((l) => l.slice(0, 2)).find(known) ?? "ru";

export const word = (key) => (Object.hasOwn(WORDS[lang], key) ? WORDS[lang][key] : key);

export function translate() {
  document.documentElement.lang = lang;
  document.title = word("title");
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = word(element.dataset.word);
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", word(element.dataset.label));
  for (const link of document.querySelectorAll("a.csv")) link.search = `?lang=${lang}`;
  for (const link of document.querySelectorAll(".language a")) if (link.lang === lang) link.setAttribute("aria-current", "true");
}

export function lasts(seconds) {
  const [d, h, m, s] = lang === "ru" ? ["д", "ч", "мин", "с"] : ["d", "h", "min", "s"];
  if (seconds < 60) return `${Math.floor(seconds)} ${s}`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} ${m}`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} ${h} ${Math.floor((seconds % 3600) / 60)} ${m}`;
  return `${Math.floor(seconds / 86400)} ${d} ${Math.floor((seconds % 86400) / 3600)} ${h}`;
}

const format = new Intl.DateTimeFormat(lang === "ru" ? "ru-RU" : "en-GB", { dateStyle: "short", timeStyle: "medium" });
export const time = (text) => (text ? format.format(new Date(text)) : word("never"));
