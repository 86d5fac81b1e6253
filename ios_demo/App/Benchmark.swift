import Combine
import Core
import UIKit

/// What the benchmark's screen knows and does.
@MainActor
final class Benchmark: ObservableObject {
    @Published private(set) var run: BenchmarkRun?
    @Published private(set) var file: URL?  // the run as JSON, where python -m benchmarks --device ios finds it
    @Published private(set) var words = ""
    @Published private(set) var share = 0.0
    @Published private(set) var problem: String?
    @Published private(set) var isRunning = false
    private var task: Task<BenchmarkRun, Error>?

    func measure(_ models: [BundledModel], by plan: BenchmarkPlan) async {
        run = nil
        file = nil
        problem = nil
        isRunning = true
        UIApplication.shared.isIdleTimerDisabled = true
        defer {
            isRunning = false
            UIApplication.shared.isIdleTimerDisabled = false
        }
        let runner = BenchmarkRunner(models: models, plan: plan) { [weak self] words, share in
            DispatchQueue.main.async { [weak self] in self?.show(words, share) }
        }
        let task = Task.detached(priority: .userInitiated) { try await runner.run() }
        self.task = task
        do {
            let made = try await task.value
            file = try write(made)
            run = made
        } catch {
            problem = error.localizedDescription
        }
    }

    /// Also when the app leaves the screen: no GPU works for it there.
    func stop() {
        task?.cancel()
    }

    private func show(_ words: String, _ share: Double) {
        if self.words != words { self.words = words }
        if abs(self.share - share) >= 0.01 || share == 0 { self.share = share }
    }

    private func write(_ run: BenchmarkRun) throws -> URL {
        let folder = try FileManager.default.url(
            for: .documentDirectory, in: .userDomainMask, appropriateFor: nil, create: true)
        let file = folder.appendingPathComponent("benchmark.json")
        try run.json().write(to: file, options: .atomic)
        return file
    }
}
