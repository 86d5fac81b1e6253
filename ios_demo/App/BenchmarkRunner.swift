import Core
import Foundation

/// Measures every model on every kind of processor at every size by one plan; a run of benchmarks/schema.json.
final class BenchmarkRunner: Sendable {
    private let models: [BundledModel]
    private let plan: BenchmarkPlan
    /// Called with what is being done, and the share of that which is done.
    private let progress: @Sendable (String, Double) -> Void
    private let began = Date()

    init(models: [BundledModel], plan: BenchmarkPlan, progress: @escaping @Sendable (String, Double) -> Void) {
        self.models = models
        self.plan = plan
        self.progress = progress
    }

    /// Throws `Failure.cancelled` when its task is cancelled. A system that breaks down leaves its row with the reason.
    func run() async throws -> BenchmarkRun {
        let sizes = models.flatMap { plan.sizes(for: $0.facts) }
        let distinct = Set(sizes).sorted { ($0.area, $0.width) < ($1.area, $1.width) }
        var files: [String: MadeFile] = [:]
        for model in models { files[model.file] = try describeFile(model) }
        var rows: [Row] = []
        for sides in distinct { rows += try await stage(sides, files) }
        if plan.sustainedSeconds > 0, let number = headline(of: rows) {
            do {
                let taken = try curve(of: rows[number])
                rows[number].add(taken)
            } catch Failure.cancelled {
                throw Failure.cancelled
            } catch {
                rows[number].fail(error.localizedDescription)
            }
        }
        return BenchmarkRun(
            made: began, hardware: Device.hardware, os: Device.system, versions: ["ios_demo": Device.appVersion],
            settings: RunSettings(plan: plan, sizes: distinct, picture: Measured.picture), files: files, rows: rows)
    }

    /// One size: all systems opened, then timed in turns.
    private func stage(_ sides: Sides, _ files: [String: MadeFile]) async throws -> [Row] {
        var rows: [Row] = []
        var opened: [(row: Int, system: Measured)] = []
        let before = await Device.reading(atS: seconds)
        for model in models where plan.sizes(for: model.facts).contains(sides) {
            for (name, units) in computeUnits {
                progress("Opening \(model.title) on \(name) for \(text(sides))", 0)
                let bytes = files[model.file]?.bytes ?? 0
                var row = Row(facts: model.facts, file: model.file, bytes: bytes, backend: name, sides: sides)
                do {
                    let system = try Measured(model, units: units, sides: sides, row: &row)
                    opened.append((rows.count, system))
                } catch {
                    row.fail(error.localizedDescription)
                }
                rows.append(row)
            }
        }
        let (timings, during) = try time(opened.map { $0.system }, sides)
        let after = await Device.reading(atS: seconds)
        let readings = [before] + during + [after]
        for (entry, timing) in zip(opened, timings) {
            if let why = timing.failure {
                rows[entry.row].fail(why)
            } else {
                rows[entry.row].measure(timing.samples)
            }
        }
        return rows.map { row in withReadings(row, readings) }
    }

    /// Takes all turns at one size; ten readings of the heat meanwhile.
    private func time(_ systems: [Measured], _ sides: Sides) throws -> ([Timing], [Reading]) {
        var readings: [Reading] = []
        var random = SystemRandomNumberGenerator()
        let timings = try takeTurns(
            systems: systems.count, plan: plan, random: &random,
            turn: { number in
                Thread.sleep(forTimeInterval: plan.pauseSeconds)
                return try systems[number].turn()
            },
            afterRound: { done, all in
                try check()
                progress("Timing at \(text(sides))", Double(done) / Double(all))
                if done % max(1, all / 10) == 0 {
                    readings.append(Reading(atS: seconds, thermal: .now, batteryPercent: nil, charging: nil))
                }
            })
        return (timings, readings)
    }

    /// Whose curve is taken: the fastest system at 512 pixels, or at the largest size.
    private func headline(of rows: [Row]) -> Int? {
        let measured = rows.indices.filter { rows[$0].status == .measured }
        let square = PictureSize(Sides(height: 512, width: 512))
        let hasSquare = measured.contains(where: { rows[$0].size == square })
        let size: PictureSize? = hasSquare ? square : measured.last.map { rows[$0].size }
        let candidates = measured.filter { rows[$0].size == size }
        return candidates.min { left, right in mean(rows[left]) < mean(rows[right]) }
    }

    /// The system of `row` run for minutes without a pause.
    private func curve(of row: Row) throws -> SustainedCurve {
        guard let model = models.first(where: { $0.file == row.file }),
            let units = computeUnits.first(where: { $0.name == row.backend })?.units
        else { throw Failure.noModel }
        let sides = Sides(height: row.size.height, width: row.size.width)
        var opened = row
        let system = try Measured(model, units: units, sides: sides, row: &opened)
        var curve = SustainedCurve(seconds: plan.sustainedSeconds)
        let start = Date()
        var goesOn = true
        var told = 0.0
        while goesOn {
            try check()
            let spent = try system.time()
            let at = Date().timeIntervalSince(start)
            goesOn = curve.add(milliseconds: spent, atS: at, thermal: .now)
            if at - told >= 1 {  // seldom: the screen's thread takes time of its own
                told = at
                progress("Running \(row.system) without a pause", min(1, at / plan.sustainedSeconds))
            }
        }
        return curve
    }

    /// A phone that iOS slows down for its heat says so.
    private func withReadings(_ row: Row, _ readings: [Reading]) -> Row {
        var row = row
        row.readings = readings
        if row.status == .measured {
            row.throttled = readings.contains { $0.thermal == .severe || $0.thermal == .critical }
        }
        return row
    }

    private func mean(_ row: Row) -> Double { row.statisticsMs?.trimmedMean ?? .infinity }

    private func text(_ sides: Sides) -> String { "\(sides.width) × \(sides.height)" }

    private var seconds: Double { Date().timeIntervalSince(began) }

    private func check() throws {
        if Task.isCancelled { throw Failure.cancelled }
    }
}
