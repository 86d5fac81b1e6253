import Core
import PhotosUI
import SwiftUI

/// The camera in the look, and the way to everything else.
struct LiveView: View {
    @EnvironmentObject private var library: ModelLibrary
    @Environment(\.scenePhase) private var phase
    @StateObject private var live = LiveCamera()
    @State private var picked: PhotosPickerItem?
    @State private var photo: Data?
    @State private var measures = false
    @State private var isTaking = false

    var body: some View {
        NavigationStack {
            PictureSurfaceView(surface: live.surface, label: "The camera's picture in the look")
                .ignoresSafeArea()
                .holdToSeeOriginal { live.showOriginal($0) }
                .overlay(alignment: .top) { words }
                .toolbar { tools }
                .toolbarBackground(.visible, for: .bottomBar)
                .navigationDestination(isPresented: showsPhoto) {
                    if let photo = photo, let model = library.chosen { StillView(data: photo, model: model) }
                }
                .navigationDestination(isPresented: $measures) { BenchmarkView() }
        }
        .task(id: runs) {
            UIApplication.shared.isIdleTimerDisabled = runs  // nobody touches a screen that is looked at
            if runs { await live.start() } else { live.stop() }
        }
        .task(id: library.chosen) { if let model = library.chosen { await live.use(model) } }
        .onChange(of: picked) { item in Task { await open(item) } }
    }

    /// The camera works only while its picture can be seen.
    private var runs: Bool { phase == .active && photo == nil && !measures }

    private var showsPhoto: Binding<Bool> {
        Binding(get: { photo != nil }, set: { if !$0 { photo = nil } })
    }

    private var words: some View {
        VStack {
            if let problem = live.modelProblem ?? live.problem ?? live.pictureProblem ?? library.problem {
                Text(problem).accessibilityAddTraits(.isStaticText)
                if problem == Failure.cameraRefused.localizedDescription,
                    let settings = URL(string: UIApplication.openSettingsURLString)
                {
                    Link("Open Settings", destination: settings)
                }
            } else if !live.speed.isEmpty {
                Text(live.speed).monospacedDigit().font(.footnote)
            }
        }
        .padding(8)
        .background(.thinMaterial, in: RoundedRectangle(cornerRadius: 8))
        .padding()
    }

    @ToolbarContentBuilder private var tools: some ToolbarContent {
        ToolbarItem(placement: .navigationBarTrailing) { ModelMenu() }
        ToolbarItemGroup(placement: .bottomBar) {
            Button("Other camera", systemImage: "arrow.triangle.2.circlepath.camera") { Task { await live.flip() } }
            Spacer()
            PhotosPicker(selection: $picked, matching: .images) {
                Label("Open a photo", systemImage: "photo.on.rectangle")
            }
            .disabled(library.chosen == nil)
            Spacer()
            Button("Take a photo", systemImage: "camera.shutter.button") { Task { await take() } }
                .disabled(isTaking || library.chosen == nil)
            Spacer()
            Button("Measure this phone", systemImage: "stopwatch") { measures = true }
                .disabled(library.models.isEmpty)
        }
    }

    private func take() async {
        isTaking = true
        photo = await live.takePhoto()
        isTaking = false
    }

    private func open(_ item: PhotosPickerItem?) async {
        guard let item = item else { return }
        picked = nil  // the same photo can be picked again
        photo = (try? await item.loadTransferable(type: Data.self)) ?? Data()  // what is empty is named as unreadable
    }
}

/// The models in the bundle, by what they say of themselves.
struct ModelMenu: View {
    @EnvironmentObject private var library: ModelLibrary

    var body: some View {
        Menu {
            Picker("Model", selection: $library.chosen) {
                ForEach(library.models) { model in
                    Text(model.title).tag(Optional(model))
                }
            }
            if let model = library.chosen {
                Text("By \(model.facts.author), licence: \(model.facts.licence)")
            }
        } label: {
            Label(library.chosen?.title ?? "No model", systemImage: "paintpalette")
        }
        .accessibilityHint("Chooses the model that paints")
    }
}

extension View {
    /// Tells `show` when a finger rests on the view, and when it leaves; VoiceOver does it by an action.
    func holdToSeeOriginal(_ show: @escaping (Bool) -> Void) -> some View {
        onLongPressGesture(minimumDuration: 3600, maximumDistance: 1000, perform: {}, onPressingChanged: show)
            .accessibilityHint("Hold to see the original")
            .accessibilityAction(named: "Show the original") { show(true) }
            .accessibilityAction(named: "Show the painting") { show(false) }
    }
}
