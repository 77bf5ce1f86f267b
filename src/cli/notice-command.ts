import type { Command } from "commander";
import type { CommandContext } from "./command.ts";
import { addChangeCommands } from "./notice-change-command.ts";
import { addIncidentCommands } from "./notice-incident-command.ts";
import { addMaintenanceCommands } from "./notice-maintenance-command.ts";

/** `statut notice incident|change|maintenance …` */
export function addNoticeCommand(program: Command, context: CommandContext): void {
  const notice = program
    .command("notice")
    .description(
      "Tells partners of incidents, technical changes and maintenances, by e-mail and in public lists.",
    );
  addIncidentCommands(notice, context);
  addChangeCommands(notice, context);
  addMaintenanceCommands(notice, context);
}
