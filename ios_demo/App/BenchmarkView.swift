import Core
import SwiftUI

/// Measures this phone by the protocol of python -m benchmarks.
struct BenchmarkView: View {
    @EnvironmentObject private var library: ModelLibrary
    @Environment(\.scenePhase) private var phase
    @StateObject private var benchmark = Benchmark()

    var body: some View {
        List {
            Section {
                if benchmark.isRunning {
                    ProgressView(benchmark.words, value: benchmark.share)
                    Button("Stop", role: .destructive) { benchmark.stop() }
                } else {
                    Button("Measure, 1,000 runs each, with five minutes without a pause") { start(.paper) }
                    Button("A first look, 20 runs each") { start(.firstLook) }
                }
                if let problem = benchmark.problem { Text(problem) }
            } footer: {
                Text("All models on the CPU, with the GPU, and with the Neural Engine, in turns.")
            }
            if let run = benchmark.run, let file = benchmark.file {
                Section {
                    ShareLink("Share the results", item: file)
                    ForEach(run.rows, id: \.title) { row in RowView(row: row) }
                } header: {
                    Text("Milliseconds for one picture")
                }
            }
        }
        .navigationTitle("This phone's speed")
        .onChange(of: phase) { now in if now == .background { benchmark.stop() } }
        .onDisappear { benchmark.stop() }
    }

    private func start(_ plan: BenchmarkPlan) {
        let models = library.models
        Task { await benchmark.measure(models, by: plan) }
    }
}

private struct RowView: View {
    let row: Row

    var body: some View {
        VStack(alignment: .leading) {
            Text(row.title).font(.headline)
            if let figures = row.statisticsMs {
                Text("mean \(words(figures.trimmedMean)), median \(words(figures.median))")
                Text("90 % below \(words(figures.p90)), 99 % below \(words(figures.p99))")
            }
            if let reason = row.reason { Text("\(row.status.rawValue): \(reason)") }
            if let readings = row.readings {
                Text("heat: \(readings.map { $0.thermal.rawValue }.uniqued.joined(separator: ", "))")
            }
            if row.throttled == true { Text("The phone slowed down for its heat.") }
            if let last = row.sustained?.last, let first = row.sustained?.first {
                Text("without a pause: \(words(first.medianMs)) at first, \(words(last.medianMs)) at last")
            }
        }
        .monospacedDigit()
        .accessibilityElement(children: .combine)
    }

    private func words(_ milliseconds: Double) -> String { String(format: "%.2f ms", milliseconds) }
}

extension Row {
    /// As the list calls it; each has its own.
    fileprivate var title: String { "\(system), \(size.width) × \(size.height)" }
}

extension [String] {
    /// Without those that repeat the one before.
    fileprivate var uniqued: [String] {
        enumerated().filter { $0.offset == 0 || self[$0.offset - 1] != $0.element }.map { $0.element }
    }
}
