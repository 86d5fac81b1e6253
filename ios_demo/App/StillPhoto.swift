import Combine
import Core
import CoreML
import UIKit

/// A photo that is painted at full resolution, and what came of it.
@MainActor
final class StillPhoto: ObservableObject {
    @Published private(set) var original: UIImage?
    @Published private(set) var painted: UIImage?
    @Published private(set) var share = 0.0  // of the tiles
    @Published private(set) var problem: String?
    @Published private(set) var saved = false
    @Published private(set) var file: URL?  // the painting as a JPEG

    /// Paints the photo in `data` with `model`; ends early, without a word, when its task is cancelled.
    func paint(_ data: Data, with model: BundledModel) async {
        problem = nil
        do {
            let photo = try await inBackground { try readPhoto(data) }
            original = UIImage(cgImage: try await inBackground { try makeImage(photo) })
            let painting = try await inBackground { [weak self] in
                let network = try Network(model, units: .all)
                let picture = try network.paint(photo) { done in try self?.goOn(done) }
                return try makeImage(picture)
            }
            painted = UIImage(cgImage: painting)
            file = try await inBackground { try writeJPEG(painting) }
        } catch {
            problem = (error as? Failure) == .cancelled ? nil : error.localizedDescription
        }
    }

    /// Shows how much is `done`, and waits while the phone is too hot. Throws when nobody looks any more.
    private nonisolated func goOn(_ done: Double) throws {
        while ThermalLevel.now == .critical && !Task.isCancelled {
            show(done, Failure.tooHot.localizedDescription)
            Thread.sleep(forTimeInterval: 1)
        }
        if Task.isCancelled { throw Failure.cancelled }
        show(done, nil)
    }

    private nonisolated func show(_ done: Double, _ sentence: String?) {
        DispatchQueue.main.async { [weak self] in
            self?.share = done
            self?.problem = sentence
        }
    }

    func save() async {
        guard let file = file else { return }
        do {
            try await savePhoto(file)
            saved = true
        } catch {
            problem = error.localizedDescription
        }
    }

    /// Does `work` away from the screen's thread; cancelled with the task that waits for it.
    private func inBackground<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        let task = Task.detached(priority: .userInitiated) { try work() }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }
}
