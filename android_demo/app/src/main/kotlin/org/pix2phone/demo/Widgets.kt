package org.pix2phone.demo

import android.app.Activity
import android.app.AlertDialog
import android.view.MotionEvent
import android.view.View
import org.pix2phone.core.BadModel

/** Tell [show] true while [view] is held, else false; a click, which is what accessibility services do, turns it over. */
fun holdForOriginal(view: View, show: (Boolean) -> Unit) {
    var original = false
    view.setOnClickListener { original = !original; show(original) }
    view.setOnTouchListener { _, event ->
        when (event.actionMasked) {
            MotionEvent.ACTION_DOWN -> show(true)
            MotionEvent.ACTION_UP, MotionEvent.ACTION_CANCEL -> { original = false; show(false) }
        }
        true
    }
}

/** A list of the models in the app by what they say of themselves; [chosen] gets the file's name. */
fun chooseModel(activity: Activity, chosen: (String) -> Unit) {
    val names = modelNames(activity)
    val labels = names.map { describe(activity, it) }.toTypedArray<CharSequence>()
    val dialog = AlertDialog.Builder(activity).setTitle(R.string.models)
    if (names.isEmpty()) dialog.setMessage(R.string.no_model) else dialog.setItems(labels) { _, index -> chosen(names[index]) }
    dialog.show()
}

private fun describe(activity: Activity, name: String): String = try {
    val model = openModel(activity, name)
    val facts = model.about.facts
    val kilobytes = model.content.capacity() / 1000
    activity.getString(R.string.model_line, facts.name, model.precision, kilobytes, facts.author, facts.licence)
} catch (error: BadModel) {
    "$name: ${error.message}"
}
