export { startSimulator, type ApiKeyOptions, type Simulator, type SimulatorOptions } from './start.ts'
export type { JournalEntry } from './journal.ts'
export type { SettingsPatch } from './settings.ts'
