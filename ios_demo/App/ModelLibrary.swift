import Combine
import Core
import CoreML
import Foundation

/// A model that Xcode compiled into the app, and what it says of itself.
struct BundledModel: Identifiable, Hashable, Sendable {
    let place: URL
    let facts: ModelFacts

    var file: String { place.lastPathComponent }
    var id: String { file }
    var title: String { "\(facts.name), \(facts.precision)" }

    /// Throws a `Failure` when Core ML cannot load it, or it does not say which sizes it takes.
    init(place: URL) throws {
        self.place = place
        let configuration = MLModelConfiguration()
        configuration.computeUnits = .cpuOnly  // only to be read: the quickest to load
        let model: MLModel
        do {
            model = try MLModel(contentsOf: place, configuration: configuration)
        } catch {
            throw Failure.broken(place.lastPathComponent, error.localizedDescription)
        }
        let written = model.modelDescription.metadata[.creatorDefinedKey] as? [String: String]
        facts = try ModelFacts(text: written?[ModelFacts.key], file: place.lastPathComponent)
    }
}

/// The models in the bundle, and the one in use.
@MainActor
final class ModelLibrary: ObservableObject {
    @Published private(set) var models: [BundledModel] = []
    @Published private(set) var problem: String?
    @Published var chosen: BundledModel?

    func read() async {
        guard models.isEmpty else { return }
        let places = Bundle.main.urls(forResourcesWithExtension: "mlmodelc", subdirectory: nil) ?? []
        let found = await Task.detached { ModelLibrary.open(places) }.value
        models = found.models
        problem = found.problem
        chosen = models.first
    }

    /// Those that can be used, by name, and what is wrong with another one.
    private nonisolated static func open(_ places: [URL]) -> (models: [BundledModel], problem: String?) {
        var models: [BundledModel] = []
        var problem = places.isEmpty ? Failure.noModel.localizedDescription : nil
        for place in places.sorted(by: { $0.path < $1.path }) {
            do {
                models.append(try BundledModel(place: place))
            } catch {
                problem = error.localizedDescription
            }
        }
        return (models, problem)
    }
}
