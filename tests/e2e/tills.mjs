// Tills of our own for the monitor's page: one that stands before another and notes when it was asked,
// and some that mean harm.
import { createServer } from "node:http";

async function serve(answer) {
  const server = createServer((request, response) => answer(request, response).catch(() => response.destroy()));
  await new Promise((go) => server.listen(0, "127.0.0.1", go));
  server.unref();
  return `127.0.0.1:${server.address().port}`;
}

// Hands requests on, and knows when the first answer was sent whose request came after a moment.
export async function witness(target) {
  const seen = [];
  const address = await serve(async (request, response) => {
    const begun = Date.now();
    const answer = await fetch(`http://${target}${request.url}`);
    const body = Buffer.from(await answer.arrayBuffer());
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "text/plain" });
    response.end(body);
    seen.push({ path: request.url, begun, sent: Date.now() });
  });
  return { address, told: (path, after) => seen.find((one) => one.path === path && one.begun >= after)?.sent };
}

export const IMAGE = "<img src=/x onerror=window.hurt=1>";
export const SCRIPT = "<script>window.hurt=1</script>";
// A code that every object of JavaScript has a member of.
export const MEMBERS = ["constructor", "__proto__", "toString"];

// Answers with a document of a real till in which every text is an attack.
export async function hostile(target) {
  const problem = (code) => ({ code, severity: "critical", source: IMAGE, since: null, text: `=1+1 ${IMAGE} ${SCRIPT}` });
  return serve(async (request, response) => {
    if (request.url !== "/till/v1/status") return response.writeHead(404).end();
    const document = await (await fetch(`http://${target}${request.url}`)).json();
    Object.assign(document.till, { name: IMAGE, version: SCRIPT });
    Object.assign(document.kkt, { model: IMAGE, serial_number: SCRIPT });
    document.user.role_id = IMAGE;
    document.problems = [...MEMBERS, SCRIPT, IMAGE].map(problem);
    return response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(document));
  });
}

// The same, of a till that has only the seven.
export async function hostileSeven() {
  return serve(async (request, response) => {
    const detail = JSON.stringify({ type: IMAGE, detail: SCRIPT });
    if (request.url.endsWith("user_role_id")) return response.writeHead(200, { "content-type": "text/html" }).end(IMAGE);
    return response.writeHead(503, { "content-type": "application/problem+json" }).end(detail);
  });
}
