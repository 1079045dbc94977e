// gitskills: this file is written by `gitskills hooks install` and removed by `gitskills hooks uninstall`.
// It hands what happens in a session to gitskills' inbox on this machine. It does nothing where gitskills is not there.
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"

// What the hook answers is what it has to say to the user, if anything.
function tell(event: string, ev: any, ctx: any): string {
  let done: any
  try {
    const launcher = join(process.env.GITSKILLS_HOME || join(homedir(), ".local", "state", "gitskills"), "hook")
    const said = { event: ev.type, ev, cwd: ctx.cwd, sessionFile: ctx.sessionManager?.getSessionFile?.() }
    const options: any = { input: JSON.stringify(said), stdio: ["pipe", "pipe", "ignore"], timeout: 3000 }
    if (process.platform === "win32")
      done = spawnSync(`gitskills hook ${event} --agent pi`, { ...options, shell: true, windowsHide: true })
    else if (existsSync(launcher)) done = spawnSync("sh", [launcher, event, "pi"], options)
    return JSON.parse(String(done.stdout)).systemMessage ?? ""
  } catch {
    return ""
  }
}

export default function gitskills(pi: any) {
  pi.on("session_start", async (ev: any, ctx: any) => {
    const told = tell("session-start", ev, ctx)
    if (told && ctx.hasUI) ctx.ui.notify(told, "info")
  })
  pi.on("input", async (ev: any, ctx: any) => {
    const { images, ...said } = ev
    tell("prompt", said, ctx)
  })
  pi.on("tool_call", async (ev: any, ctx: any) => {
    if ((JSON.stringify(ev.input) ?? "").includes("SKILL.md")) tell("skill", ev, ctx)
  })
  pi.on("agent_end", async (ev: any, ctx: any) => void tell("stop", { type: ev.type }, ctx))
  pi.on("session_shutdown", async (ev: any, ctx: any) => void tell("session-end", ev, ctx))
}
