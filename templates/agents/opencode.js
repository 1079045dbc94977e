// gitskills: this file is written by `gitskills hooks install` and removed by `gitskills hooks uninstall`.
// It hands what happens in a session to gitskills' inbox on this machine. It does nothing where gitskills is not there.
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"

// What the hook answers is what it has to say to the user, if anything.
function tell(event, said) {
  let done
  try {
    const launcher = join(process.env.GITSKILLS_HOME || join(homedir(), ".local", "state", "gitskills"), "hook")
    const options = { input: JSON.stringify(said), stdio: ["pipe", "pipe", "ignore"], timeout: 3000 }
    if (process.platform === "win32")
      done = spawnSync(`gitskills hook ${event} --agent opencode`, { ...options, shell: true, windowsHide: true })
    else if (existsSync(launcher)) done = spawnSync("sh", [launcher, event, "opencode"], options)
    return JSON.parse(String(done.stdout)).systemMessage ?? ""
  } catch {
    return ""
  }
}

const EVENTS = { "session.created": "session-start", "session.idle": "stop", "session.deleted": "session-end" }

export const Gitskills = async ({ client, directory }) => ({
  "chat.message": async (input, output) => void tell("prompt", { hook: "chat.message", input, output, directory }),
  "command.execute.before": async (input, output) =>
    void tell("skill", { hook: "command.execute.before", input, output, directory }),
  "tool.execute.before": async (input, output) => {
    if (input.tool === "skill" || (JSON.stringify(output.args) ?? "").includes("SKILL.md"))
      tell("skill", { hook: "tool.execute.before", input, output, directory })
  },
  event: async ({ event }) => {
    if (!EVENTS[event.type]) return
    const message = tell(EVENTS[event.type], { hook: "event", input: event, output: null, directory })
    if (message) client?.tui?.showToast({ body: { message, variant: "info" } })?.catch?.(() => {})
  },
})
